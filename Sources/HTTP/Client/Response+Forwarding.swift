extension Response {
    /// `response` relayed: its status and its field lines byte for byte, without those that concern one hop only
    /// (RFC 9110 section 7.6.1) and those in `removing`; the body as it comes, read only as fast as the client takes it.
    /// A 101 becomes a tunnel.
    /// - Parameter removing: further names to leave out, in lower case.
    /// - Throws: `malformedResponse` when the framing of what has arrived of the body is broken: nothing of the answer has
    ///   been sent yet, so it can still be replaced by an error. What breaks later cuts the answer off.
    public init(forwarding response: ClientResponse, removing: [String] = []) throws(HTTPClientError) {
        status = response.status
        fields = .none
        body = try response.relayedBody
        forwarded = ForwardedFields(response.head, removing: removing)
    }
}

extension ClientResponse {
    /// A body that has arrived whole goes out in one piece behind its head; any other one is streamed.
    fileprivate var relayedBody: ResponseBody {
        get throws(HTTPClientError) {
            let body = body
            if head.statusCode == 101 { return .tunnel { try await body.tunnel(to: $0) } }
            let ready = try body.takeReady()
            if !body.isOver { return .stream(length: body.knownLength) { try await body.relay(ready, to: $0) } }
            if !ready.isEmpty { return .bytes(ready) }
            // An answer to HEAD says how long the body would be (RFC 9110 section 9.3.2); the server sends none.
            guard let declared = head.declaredLength, declared > 0 else { return .empty }
            return .stream(length: declared) { _ in }
        }
    }
}

extension ClientResponseBody {
    /// Writes what was taken already and then the rest of the body, as it arrives.
    fileprivate func relay(_ ready: [UInt8], to writer: BodyWriter) async throws {
        try await writer.write(ready)
        // Trailers end here: their names have passed no filter.
        while let bytes = try await next() { try await writer.write(bytes) }
    }
}
