/// A JSON pointer (RFC 6901): the way to a value inside another one.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// The member names and array indices on the way, unescaped.
    public let tokens: [String]

    /// A pointer of these steps.
    public init(tokens: [String]) { self.tokens = tokens }

    /// Reads `/data/0/id`; the empty text is the whole value. `nil` when it does not start with a slash, or has a `~`
    /// that is neither `~0` nor `~1`.
    public init?(_ text: some StringProtocol) {
        if text.isEmpty {
            tokens = []
            return
        }
        guard text.hasPrefix("/") else { return nil }
        var tokens: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let token = Self.unescaped(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    private static func unescaped(_ text: some StringProtocol) -> String? {
        var token = ""
        var isEscaped = false
        for scalar in text.unicodeScalars {
            switch (isEscaped, scalar) {
            case (true, "0"): token.append("~")
            case (true, "1"): token.append("/")
            case (true, _): return nil
            case (false, "~"):
                isEscaped = true
                continue
            case (false, _): token.unicodeScalars.append(scalar)
            }
            isEscaped = false
        }
        return isEscaped ? nil : token
    }

    /// The pointer's text.
    public var description: String { tokens.reduce("") { Self.appending($1, to: $0) } }

    /// `parent` with `name` below it; `~` and `/` in the name are escaped.
    static func appending(_ name: String, to parent: String) -> String {
        guard name.utf8.contains(where: { $0 == 0x7E || $0 == 0x2F }) else { return parent + "/" + name }
        return parent + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

extension JSONValue {
    /// The value at a pointer; nil when there is none. An array's elements are named by their index without leading
    /// zeros.
    public subscript(pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            let next: JSONValue?
            switch value {
            case .object: next = value[token]
            case .array: next = Self.index(token).flatMap { value[$0] }
            default: next = nil
            }
            guard let next else { return nil }
            value = next
        }
        return value
    }

    private static func index(_ token: String) -> Int? {
        guard token == "0" || token.first.map({ ("1"..."9").contains($0) }) == true, token.utf8.count <= 9 else {
            return nil
        }
        return Int(token)
    }
}
