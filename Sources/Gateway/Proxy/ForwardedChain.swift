import HTTP
import Sockets

/// Where a request comes from: its client, and the proxies in front of the gateway that are trusted to say so.
///
/// Each proxy appends the address of its own peer to `X-Forwarded-For`. Of trusted proxies there is a known number, so
/// exactly as many entries, counted from the end, are believed; whatever stands before them came with the request.
struct ForwardedChain: Sendable, Equatable {
    /// The client first, the gateway's own peer last; never empty.
    private(set) var hops: [SocketAddress]
    /// How the client came to the outermost trusted proxy, as far as one says so.
    private(set) var scheme = RedirectConfiguration.Scheme.http
    /// The host that the client asked for; `nil` for that of the request itself.
    private(set) var host: String?

    /// - Parameters:
    ///   - peer: The gateway's own peer.
    ///   - trusted: The number of proxies in front of the gateway.
    ///   - addresses: `X-Forwarded-For` as received, its lines joined.
    ///   - scheme: `X-Forwarded-Proto` as received.
    ///   - host: `X-Forwarded-Host` as received.
    init(peer: SocketAddress, trusted: Int, addresses: String?, scheme: String? = nil, host: String? = nil) {
        hops = [peer]
        guard trusted > 0, let addresses, let entries = Self.last(trusted, of: addresses) else { return }
        let known = entries.compactMap(Self.address)
        // One entry that is no address: then nobody knows who wrote the others.
        guard known.count == trusted else { return }
        hops = known + [peer]
        let said = scheme.flatMap { Self.outermost(trusted, of: $0) }?.lowercased()
        self.scheme = said.flatMap(RedirectConfiguration.Scheme.init(rawValue:)) ?? .http
        self.host = host.flatMap { Self.outermost(trusted, of: $0) }.flatMap(Self.host)
    }

    /// Whom the request is attributed to.
    var client: SocketAddress { hops[0] }

    // MARK: - Lists

    /// The last `count` items of a list; `nil` when it has fewer. What stands before them is not looked at.
    private static func last(_ count: Int, of list: String) -> [Substring]? {
        var items: [Substring] = []
        var rest = list[...]
        while items.count < count {
            guard !rest.isEmpty else { return nil }
            let start = rest.lastIndex(of: ",").map { rest.index(after: $0) } ?? rest.startIndex
            items.append(trimmed(rest[start...]))
            rest = start == rest.startIndex ? "" : rest[..<rest.index(before: start)]
        }
        return items.reversed()
    }

    /// What the outermost trusted proxy said: its item of the list, or the only one when proxies hand it on.
    private static func outermost(_ trusted: Int, of list: String) -> Substring? {
        if !list.contains(",") { return trimmed(list[...]) }
        return last(trusted, of: list)?.first
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? ""
    }

    /// An address, perhaps with a port, which some proxies add.
    private static func address(_ text: Substring) -> SocketAddress? {
        if let address = SocketAddress(ip: String(text), port: 0) { return address }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return SocketAddress(ip: String(text[text.index(after: text.startIndex)..<end]), port: 0)
        }
        guard let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon else { return nil }
        return SocketAddress(ip: String(text[..<colon]), port: 0)
    }

    /// Host and port of characters that need no quoting; `nil` for anything else.
    private static func host(_ text: Substring) -> String? {
        let isHost = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~:[]".utf8.contains(byte)
            }
        }
        return isHost && (1...255).contains(text.utf8.count) ? String(text) : nil
    }
}

/// The field lines that tell an upstream where a request comes from: `X-Forwarded-For`, `X-Forwarded-Proto`,
/// `X-Forwarded-Host` and `Forwarded` (RFC 7239 section 4). All but the host is rendered beforehand.
///
/// A class, so that the cached lines of a peer are handed on by one reference.
final class ForwardedLines: Sendable {
    private let beforeHost: [UInt8]
    private let afterHost: [UInt8]
    private let withoutHost: [UInt8]
    /// What a trusted proxy says the host was, in place of the request's own.
    private let host: String?

    init(_ chain: ForwardedChain) {
        let list = chain.hops.map(\.ip).joined(separator: ", ")
        let first = "for=\(Self.node(chain.client));proto=\(chain.scheme)"
        let others = chain.hops.dropFirst().map { ", for=\(Self.node($0))" }.joined() + "\r\n"
        let start = "X-Forwarded-For: \(list)\r\nX-Forwarded-Proto: \(chain.scheme)\r\nForwarded: \(first)"
        beforeHost = Array("\(start);host=\"".utf8)
        afterHost = Array("\"\(others)".utf8)
        withoutHost = Array("\(start)\(others)".utf8)
        host = chain.host
    }

    /// - Parameter authority: The host that the request is for, of `head`: the parser lets no character into it that could
    ///   end a quoted string.
    func append(to lines: inout FieldLines, host authority: ByteRange, of head: RequestHead) {
        if authority.isEmpty, host == nil { return lines.append(part: withoutHost) }
        lines.append(part: beforeHost)
        if let host {
            lines.append(part: Array(host.utf8))
            lines.append(part: afterHost)
            lines.append("X-Forwarded-Host", host)
        } else {
            lines.append(part: authority, of: head)
            lines.append(part: afterHost)
            lines.append("X-Forwarded-Host", authority, of: head)
        }
    }

    /// RFC 7239 section 6: an IPv6 address stands in brackets and quotes.
    private static func node(_ address: SocketAddress) -> String {
        let text = address.ip
        return text.contains(":") ? "\"[\(text)]\"" : text
    }
}
