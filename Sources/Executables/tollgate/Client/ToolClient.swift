import HTTP
import JSON
import Sockets

extension HTTPClient {
    /// A client for a few requests, on a loop of its own.
    /// - Throws: `SocketError` when the system has no descriptors left.
    static func ofTool() throws -> HTTPClient {
        HTTPClient(group: try EventLoopGroup(count: 1), resolver: Resolver())
    }
}

extension JSONValue {
    /// The value as it is sent.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}
