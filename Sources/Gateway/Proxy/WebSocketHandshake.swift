import HTTP
import HTTPTypes

/// What the gateway asks of a WebSocket handshake before it hands it on (RFC 6455 section 4.2.1): the fields that tell a
/// handshake from a request that only carries `Upgrade`. Version, protocol and extensions are between the two ends.
enum WebSocketHandshake {
    /// Base64 of 16 bytes.
    private static let keyLength = 24

    /// - Throws: `Problem` 400.
    static func check(_ request: Request) throws(Problem) {
        let head = request.head
        guard head.canBecomeWebSocket, head.count(of: "sec-websocket-key") == 1,
            let key = head.value(of: "sec-websocket-key"), key.count == keyLength,
            head.count(of: "sec-websocket-version") == 1
        else {
            request.context.reason = "malformed_websocket_handshake"
            throw Problem(
                .badRequest, "malformed_websocket_handshake",
                detail: "A WebSocket begins with GET, HTTP/1.1, no body, one key and one version.")
        }
    }
}
