extension Response {
    /// `response` relayed: its status and its field lines byte for byte, without those that concern one hop only
    /// (RFC 9110 section 7.6.1) and those in `removing`; the body as it comes, read only as fast as the client takes it.
    /// - Parameter removing: further names to leave out, in lower case.
    public init(forwarding response: ClientResponse, removing: [String] = []) {
        self.init(
            status: response.status, body: response.relayedBody,
            forwarded: ForwardedFields(response.head, removing: removing)
        )
    }
}

extension ClientResponse {
    fileprivate var relayedBody: ResponseBody {
        let body = body
        if !body.isOver { return .stream(length: body.knownLength) { try await body.relay(to: $0) } }
        // An answer to HEAD says how long the body would be (RFC 9110 section 9.3.2); the server sends none.
        guard let declared = head.declaredLength, declared > 0 else { return .empty }
        return .stream(length: declared) { _ in }
    }
}

extension ClientResponseBody {
    /// Writes the whole body to `writer`, as it arrives.
    func relay(to writer: BodyWriter) async throws {
        while let bytes = try await next() { try await writer.write(bytes) }
        if !trailers.isEmpty { writer.setTrailers(trailers) }
    }
}
