public import Sockets

/// Why a request got no complete answer. Every case knows whether any of its bytes may have reached the server.
public enum HTTPClientError: Error, Sendable {
    /// The host name has no address, or could not be looked up.
    case resolution(host: String)
    /// The server refused the connection (ECONNREFUSED). Nothing was sent.
    case connectionRefused(SocketAddress)
    /// No connection for another reason than refusal; `code` is the `errno`. Nothing was sent.
    case connectFailed(SocketAddress, code: Int32)
    /// No connection within the connect timeout. Nothing was sent.
    case connectTimeout(SocketAddress)
    /// All connections to the address are busy and its queue is full.
    case poolExhausted
    /// The request's time ran out while waiting for a connection or before its first byte was sent.
    case deadlineExceeded(Phase)
    /// The connection closed before the first byte of the answer. `reused` when it had served a request before:
    /// then the server probably closed it as idle and did not see this request.
    case closedBeforeResponse(reused: Bool)
    /// The connection closed inside the answer.
    case truncatedResponse
    /// The server's bytes are not an HTTP/1.1 answer to this request.
    case malformedResponse(String)
    /// The answer's body is longer than the caller's limit, in bytes.
    case bodyTooLarge(limit: Int)
    /// The request's own body stream failed; `sent` when the head had gone out.
    case requestBody(any Error, sent: Bool)
    /// The task was cancelled; the connection is closed.
    case cancelled(sent: Bool)
    /// The request cannot be written as HTTP/1.1 (a target or field with forbidden bytes).
    case invalidRequest(String)
    /// The client has been shut down.
    case shutDown
    /// A kept connection closed before the first byte of the answer, and sending the request again failed too: the
    /// server may have seen the first one.
    indirect case afterReplay(HTTPClientError)

    /// How far a request had come when its time ran out.
    public enum Phase: String, Sendable {
        /// Waiting for a connection: nothing was sent.
        case connection
        /// Sending the request.
        case request
        /// Waiting for the answer's head.
        case head
        /// Reading the answer's body.
        case body
    }

    /// What happened last.
    public var latest: HTTPClientError { if case .afterReplay(let error) = self { error } else { self } }

    /// Whether the request was sent again on a fresh connection before.
    public var wasReplayed: Bool { if case .afterReplay = self { true } else { false } }

    /// Whether a byte of the request may have been sent: if not, trying again elsewhere can never repeat its effect.
    public var requestWasSent: Bool {
        switch self {
        case .resolution, .connectionRefused, .connectFailed, .connectTimeout: false
        case .poolExhausted, .invalidRequest, .shutDown: false
        case .deadlineExceeded(let phase): phase != .connection
        case .requestBody(_, let sent), .cancelled(let sent): sent
        case .closedBeforeResponse, .truncatedResponse, .malformedResponse, .bodyTooLarge, .afterReplay: true
        }
    }

    /// A stable name in snake_case for logs and metrics.
    public var code: String {
        switch self {
        case .resolution: "resolution_failed"
        case .connectionRefused: "connection_refused"
        case .connectFailed: "connect_failed"
        case .connectTimeout: "connect_timeout"
        case .poolExhausted: "pool_exhausted"
        case .deadlineExceeded(let phase): "deadline_exceeded_\(phase.rawValue)"
        case .closedBeforeResponse: "closed_before_response"
        case .truncatedResponse: "truncated_response"
        case .malformedResponse: "malformed_response"
        case .bodyTooLarge: "response_too_large"
        case .requestBody: "request_body_failed"
        case .cancelled: "cancelled"
        case .invalidRequest: "invalid_request"
        case .shutDown: "client_shut_down"
        case .afterReplay(let error): error.code
        }
    }
}
