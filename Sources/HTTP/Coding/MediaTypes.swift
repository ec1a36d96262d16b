/// A set of media types (RFC 9110 section 8.3.1): `application/json`, `text/*`, `*+json`. Never event streams, whose
/// events would wait for each other in a coding.
public struct MediaTypes: Sendable, Equatable {
    private var names: [String] = []
    private var prefixes: [String] = []
    private var suffixes: [String] = []

    /// The patterns are no media types.
    public struct Malformed: Error, Sendable, Equatable {
        /// The pattern.
        public var pattern: String
    }

    /// Text in the wide sense. Images, fonts and archives are compressed already.
    public static let text = MediaTypes(
        names: ["application/json", "application/javascript", "application/xml", "application/yaml"],
        prefixes: ["text/"], suffixes: ["+json", "+xml"])

    private init(names: [String], prefixes: [String], suffixes: [String]) {
        self.names = names
        self.prefixes = prefixes
        self.suffixes = suffixes
    }

    /// The set of these patterns, in any letter case.
    /// - Throws: ``Malformed`` for the first one that is none.
    public init(_ patterns: [String]) throws(Malformed) {
        for pattern in patterns.map({ $0.lowercased() }) {
            let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
            if pattern.hasPrefix("*+"), Self.isToken(pattern.dropFirst(2)) {
                suffixes.append(String(pattern.dropFirst()))
            } else if parts.count == 2, Self.isToken(parts[0]), parts[1] == "*" {
                prefixes.append(String(parts[0]) + "/")
            } else if parts.count == 2, Self.isToken(parts[0]), Self.isToken(parts[1]), pattern != Self.eventStream {
                names.append(pattern)
            } else {
                throw Malformed(pattern: pattern)
            }
        }
    }

    private static let eventStream = "text/event-stream"

    /// - Parameter type: The value of a `Content-Type` field; its parameters do not count.
    public func contains(_ type: String) -> Bool {
        let type = type.prefix { $0 != ";" && $0 != " " && $0 != "\t" }.lowercased()
        guard type != Self.eventStream else { return false }
        return names.contains(type) || prefixes.contains { type.hasPrefix($0) }
            || suffixes.contains { type.hasSuffix($0) }
    }

    private static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"*/,;\"()<>@:\\[]?={}".utf8.contains($0) }
    }
}
