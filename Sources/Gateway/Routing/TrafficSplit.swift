import Chassis
import Crypto
import HTTP

/// Decides which of several upstreams a request goes to. A pure decision: who they are and how they are reached is
/// somebody else's.
struct TrafficSplit: Sendable {
    /// What was decided.
    struct Choice: Sendable, Equatable {
        /// The number of the side.
        var side: Int
        /// Whether the client is to be given the cookie of this side.
        var setsCookie = false
    }

    private enum Stickiness: Sendable {
        case none
        case cookie(name: [UInt8])
        case header(name: [UInt8])
    }

    /// The `Set-Cookie` value of each side; empty without such a cookie.
    let cookies: [String]
    private let weights: [UInt64]
    private let total: UInt64
    private let stickiness: Stickiness
    /// What stands for each side in a cookie. It tells nobody the upstream's name, and is the same on every replica.
    private let tokens: [[UInt8]]
    private let key: SymmetricKey

    init(_ configuration: SplitConfiguration) {
        weights = configuration.sides.map { UInt64($0.weight) }
        total = max(1, weights.reduce(0, +))
        let names = configuration.sides.map(\.upstream)
        let tokens = names.map(Self.token)
        self.tokens = tokens.map { Array($0.utf8) }
        key = SymmetricKey(data: Array("tollgate split\0\(names.joined(separator: "\0"))".utf8))
        switch configuration.stickiness {
        case .none: (stickiness, cookies) = (.none, [])
        case .header(let name): (stickiness, cookies) = (.header(name: Array(name.lowercased().utf8)), [])
        case .cookie(let name, let maxAge, let isSecure):
            stickiness = .cookie(name: Array(name.utf8))
            let age = maxAge.map { "; Max-Age=\($0 / 1_000)" } ?? ""
            let secure = isSecure ? "; Secure" : ""
            cookies = tokens.map { "\(name)=\($0); Path=/\(age); HttpOnly; SameSite=Lax\(secure)" }
        }
    }

    private static func token(_ upstream: String) -> String {
        let digest = SHA256.hash(data: Array("tollgate split\0\(upstream)".utf8))
        return Base16.encode(digest.prefix(8))
    }

    /// - Parameter random: Returns a number from 0 up to and including its argument.
    func choose(_ head: RequestHead, random: (UInt64) -> UInt64) -> Choice {
        switch stickiness {
        case .none: return Choice(side: side(at: random(total - 1)))
        case .cookie(let name):
            if let side = rememberedSide(head, cookie: name) { return Choice(side: side) }
            return Choice(side: side(at: random(total - 1)), setsCookie: true)
        case .header(let name):
            guard let point = point(of: name, in: head) else { return Choice(side: side(at: random(total - 1))) }
            return Choice(side: side(at: point))
        }
    }

    /// The side whose share of `0..<total` has the point. Shares lie in the order of the file, so that a side that grows
    /// takes clients from its neighbours alone.
    private func side(at point: UInt64) -> Int {
        var rest = point
        for (index, weight) in weights.enumerated() {
            if rest < weight { return index }
            rest -= weight
        }
        return weights.lastIndex { $0 > 0 } ?? 0
    }

    // MARK: - Cookie (RFC 6265 section 4.2)

    /// The side that the client's cookie names, as long as that one still takes requests.
    private func rememberedSide(_ head: RequestHead, cookie name: [UInt8]) -> Int? {
        for index in 0..<head.fieldCount {
            let field = head.field(at: index)
            guard head.equals(field.name, "cookie") else { continue }
            if let side = head.withBytes(field.value, { side(of: $0, cookie: name) }) { return side }
        }
        return nil
    }

    private func side(of pairs: UnsafeRawBufferPointer, cookie name: [UInt8]) -> Int? {
        for pair in pairs.split(separator: UInt8(ascii: ";")) {
            let pair = pair.drop { $0 == UInt8(ascii: " ") }
            guard pair.starts(with: name), pair.dropFirst(name.count).first == UInt8(ascii: "=") else { continue }
            let value = pair.dropFirst(name.count + 1)
            if let side = tokens.firstIndex(where: { $0.elementsEqual(value) }), weights[side] > 0 { return side }
        }
        return nil
    }

    // MARK: - Header

    /// A point that depends on the field's value alone.
    private func point(of name: [UInt8], in head: RequestHead) -> UInt64? {
        var mac: HMAC<SHA256>?
        for index in 0..<head.fieldCount {
            let field = head.field(at: index)
            guard head.withBytes(field.name, { $0.equalsIgnoringCase(name) }) else { continue }
            var current = mac ?? HMAC<SHA256>(key: key)
            head.withBytes(field.value) { current.update(data: $0) }
            mac = current
        }
        guard let mac else { return nil }
        let hash = mac.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return hash.multipliedFullWidth(by: total).high
    }
}
