import Chassis
import HTTP
import HTTPTypes
import Sockets

extension HTTPField.Name {
    fileprivate static let forwardedFor = Self("X-Forwarded-For")
}

extension Request {
    /// Who the gateway says the client is: the first entry of the `X-Forwarded-For` that it writes anew for every request.
    ///
    /// To be believed only behind an ``IdentityMiddleware`` that lets nobody but the gateway in. Without the field it is
    /// the peer.
    var client: SocketAddress {
        guard let name = HTTPField.Name.forwardedFor, let list = field(name),
            let first = list.split(separator: ",", maxSplits: 1).first,
            let address = SocketAddress(ip: String(first.filter { $0 != " " }), port: 0)
        else { return context.peer }
        return address
    }
}
