import Sockets

/// A host that a route answers for: a whole name or address, or `*.` and what the name must end with.
///
/// Source: `Hostname` of the Kubernetes Gateway API. `*.example.com` stands for `a.example.com` and `a.b.example.com`,
/// not for `example.com`; letter case and the port of the request do not matter.
struct HostPattern: Sendable, Hashable, CustomStringConvertible {
    /// The name in lower case, without the `*.` of a wildcard.
    let name: [UInt8]
    let isWildcard: Bool

    struct Malformed: Error, Equatable { var message: String }

    var description: String { (isWildcard ? "*." : "") + String(decoding: name, as: UTF8.self) }

    /// - Throws: ``Malformed`` unless `text` is a name of at most 253 bytes or an address, without a port.
    init(_ text: String) throws(Malformed) {
        let lower = text.lowercased()
        isWildcard = lower.hasPrefix("*.")
        let rest = isWildcard ? lower.dropFirst(2) : Substring(lower)
        guard Self.isName(rest) || (!isWildcard && Self.isBracketedAddress(rest)) else {
            throw Malformed(
                message: "must be a host such as api.example.com, *.example.com or [::1], without a port, "
                    + "not \"\(text)\"")
        }
        name = Array(rest.utf8)
    }

    private static func isName(_ text: Substring) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.allSatisfy(isLabelByte)
        }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isBracketedAddress(_ text: Substring) -> Bool {
        text.hasPrefix("[") && text.hasSuffix("]")
            && SocketAddress(ip: String(text.dropFirst().dropLast()), port: 0) != nil
    }
}

extension MappingReader {
    /// The `hosts` of a route; none for every host.
    mutating func hosts() -> [HostPattern] {
        (texts("hosts") ?? []).compactMap { text, value in
            do throws(HostPattern.Malformed) {
                return try HostPattern(text)
            } catch {
                value.fail(error.message)
                return nil
            }
        }
    }
}
