public import HTTP
public import HTTPTypes
public import Sockets

/// Calls one other service in the name of this one.
///
/// Each request carries a `Tollgate-Identity` for that receiver alone, for no user.
public struct ServiceClient: Sendable {
    /// The name of the service that is called: the audience of the token.
    public let audience: String
    private let client: HTTPClient
    private let endpoint: Endpoint
    private let signer: IdentitySigner

    /// A client for the service `audience` at `endpoint`.
    public init(client: HTTPClient, endpoint: Endpoint, audience: String, signer: IdentitySigner) {
        self.client = client
        self.endpoint = endpoint
        self.audience = audience
        self.signer = signer
    }

    /// Sends a request and returns its answer as soon as the head is there.
    /// - Parameters:
    ///   - target: Path and query.
    ///   - timeout: How long the whole exchange may take, the body of the answer included.
    ///   - headTimeout: How long the head of the answer may take; `timeout` unless given.
    ///   - origin: The exchange that caused it, whose request id and trace go along.
    /// - Throws: `HTTPClientError`, or what the signature throws.
    public func send(
        _ method: HTTPRequest.Method, _ target: String, timeout: Duration, headTimeout: Duration? = nil,
        origin: RequestContext? = nil
    ) async throws -> ClientResponse {
        var request = ClientRequest(method: method, endpoint: endpoint, target: .text(target))
        request.lines.append(name: IdentitySigner.fieldName, value: try signer.token(for: audience))
        request.origin = origin
        request.deadline = origin?.deadline
        request.timeout = timeout
        request.responseHeadTimeout = headTimeout ?? timeout
        request.connectTimeout = .seconds(1)
        return try await client.execute(request)
    }
}

/// Another service answered, but not with what was asked for.
public struct UnexpectedStatus: Error, Sendable, Equatable, CustomStringConvertible {
    /// The status of the answer.
    public let status: Int

    /// An answer with `status`.
    public init(_ status: Int) { self.status = status }

    /// `status 500`.
    public var description: String { "status \(status)" }
}
