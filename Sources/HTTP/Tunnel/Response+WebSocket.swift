public import HTTPTypes

extension Response {
    /// 101: the connection becomes a WebSocket (RFC 6455 section 4.2.2), whose frames `serve` reads and writes. The
    /// connection is closed when it returns. A request that did not ask for it is answered with 500 instead.
    /// - Parameter fields: `Sec-WebSocket-Accept` and what else belongs to the handshake; `Upgrade` and `Connection` are
    ///   added.
    public static func webSocket(
        fields: HTTPFields = [:], _ serve: @escaping @Sendable (TunnelStream) async throws -> Void
    ) -> Response {
        Response(status: .switchingProtocols, fields: fields, body: .tunnel(serve))
    }

    /// Whether it may be sent as the answer to a request that asks for another protocol: only then, only for what was
    /// asked, and not in HTTP/1.0 (RFC 9110 section 7.8).
    func mayAnswer(upgrade head: RequestHead) -> Bool {
        guard case .tunnel = body else { return false }
        return head.canBecomeWebSocket
    }
}

extension RequestHead {
    /// Whether the request asks for a WebSocket as RFC 6455 section 4.1 has it: GET, HTTP/1.1, no body, and the upgrade.
    public var canBecomeWebSocket: Bool {
        upgradesToWebSocket && methodKind == .get && minorVersion == 1 && framing == .none
    }
}

/// A handler switched protocols for a client that had not asked for it.
struct UnaskedUpgrade: Error, CustomStringConvertible {
    var description: String { "101 for a request that asks for no upgrade" }
}
