import HTTP
import HTTPTypes

extension HTTPField.Name {
    fileprivate static let cookie = Self("Cookie")!
}

// What keeps a client's requests at one address, with `balance: hash`.
extension Upstream {
    /// The hash of what the upstream is balanced by; that of the client's address where the request does not have it.
    ///
    /// - Parameter address: The client's address as text.
    func affinity(of request: Request, client address: String) -> UInt64 {
        StableHash.of(key(of: request) ?? address)
    }

    private func key(of request: Request) -> String? {
        switch configuration.balance.key {
        case .address: nil
        case .user: request.context.caller
        case .header(let name): HTTPField.Name(name).flatMap { request.field($0) }
        case .cookie(let name): request.field(.cookie).flatMap { Self.cookie(name, in: $0) }
        }
    }

    /// The value of a cookie in a `Cookie` field (RFC 6265 section 4.2.1).
    static func cookie(_ name: String, in field: String) -> String? {
        for pair in field.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].trimmingPrefix(while: { $0 == " " }) == name { return String(parts[1]) }
        }
        return nil
    }
}
