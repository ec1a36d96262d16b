import HTTP
import HTTPTypes
import Sockets

extension SessionClient {
    /// The client of a request that the gateway relays: the first entry of `X-Forwarded-For`, which the gateway writes
    /// anew, and the client's own `User-Agent`.
    init(_ request: Request) {
        let chain = HTTPField.Name("X-Forwarded-For").flatMap { request.field($0) }
        let first = chain.map { String($0.prefix { $0 != "," && $0 != " " }) }
        self.init(
            address: first.flatMap { SocketAddress(ip: $0, port: 0)?.ip },
            userAgent: request.field(.userAgent).flatMap(SessionClient.cleaned))
    }
}
