public import HTTP
import HTTPTypes
import Sockets

extension Request {
    /// The IP address of the client of a request that the gateway relays: the first entry of `X-Forwarded-For`, which the
    /// gateway writes anew. `nil` where it says none.
    public var forwardedAddress: String? {
        let chain = HTTPField.Name("X-Forwarded-For").flatMap { field($0) }
        let first = chain.map { String($0.prefix { $0 != "," && $0 != " " }) }
        return first.flatMap { SocketAddress(ip: $0, port: 0)?.ip }
    }
}
