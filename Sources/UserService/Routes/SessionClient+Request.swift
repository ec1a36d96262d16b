import Chassis
import HTTP
import HTTPTypes

extension SessionClient {
    /// The client of a request that the gateway relays: its address as the gateway says it, and its own
    /// `User-Agent`.
    init(_ request: Request) {
        self.init(
            address: request.forwardedAddress, userAgent: request.field(.userAgent).flatMap(SessionClient.cleaned))
    }
}
