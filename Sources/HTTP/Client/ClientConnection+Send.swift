import HTTPTypes
import Sockets

extension ClientConnection {
    /// Bodies up to this size are sent with the head in one system call.
    private static let smallBody = 64 << 10

    /// Sends what can be sent without waiting. Where that is not the whole request, `sendRest` goes on.
    func sendNow(_ request: ClientRequest) throws(HTTPClientError) {
        try appendHead(request, request.framing)
        switch request.body {
        case .empty: break
        case .bytes(let bytes):
            if bytes.count > Self.smallBody { return }
            socket.output.append(bytes)
        case .stream: return
        }
        requestIsComplete = socket.flushNow() == .ready
    }

    /// Sends the rest. Returns early when the server has refused the request or closed before it was all sent: then its
    /// answer may be there to be read.
    func sendRest(of request: ClientRequest) async throws(HTTPClientError) {
        switch request.body {
        case .empty: try await flushRequest()
        case .bytes(let bytes): try await sendAll(bytes)
        // Trailers of a forwarded request end here: their names have passed no filter.
        case .stream(let body): try await send(body, trailers: request.forwarded == nil)
        }
    }

    private func appendHead(_ request: ClientRequest, _ framing: BodyFraming) throws(HTTPClientError) {
        do throws(HTTPClientError) {
            try RequestHeadWriter.append(request, framing: framing, to: socket.output)
        } catch {
            socket.output.removeAll()
            throw error
        }
    }

    private func sendAll(_ bytes: [UInt8]) async throws(HTTPClientError) {
        if bytes.count <= Self.smallBody { return try await flushRequest() }
        for start in stride(from: 0, to: bytes.count, by: Self.smallBody) {
            socket.output.append(bytes[start..<min(start + Self.smallBody, bytes.count)])
            guard try await flushUpload() else { return }
        }
        requestIsComplete = true
    }

    /// Sends the last of the request. A lost connection is not an error yet: the answer may have come before it.
    private func flushRequest() async throws(HTTPClientError) {
        switch await flush() {
        case .ready: requestIsComplete = true
        case .timedOut: throw .deadlineExceeded(.request)
        case .closed, .endOfStream: if isCancelled { throw .cancelled(sent: !sentNothing) }
        }
    }

    // MARK: - Streams

    private func send(_ body: RequestBody, trailers: Bool) async throws(HTTPClientError) {
        let length = body.knownLength
        let isSmall = length.map { $0 <= Self.smallBody } ?? false
        var left = length ?? 0
        while let chunk = try await nextChunk(of: body) {
            if length != nil {
                left -= chunk.count
                guard left >= 0 else { break }
                socket.output.append(chunk)
            } else {
                ChunkedEncoder.append(chunk, to: socket.output)
            }
            // A small body goes out with the head, when it is all there.
            if !isSmall, try await !flushUpload() { return }
        }
        guard left == 0 else { throw .requestBody(BodyLengthMismatch(), sent: !sentNothing) }
        if length == nil { ChunkedEncoder.appendEnd(trailers: trailers ? body.trailers : [:], to: socket.output) }
        try await flushRequest()
    }

    private func nextChunk(of body: RequestBody) async throws(HTTPClientError) -> [UInt8]? {
        do {
            return try await body.next()
        } catch {
            throw .requestBody(error, sent: !sentNothing)
        }
    }

    /// Sends what is in the buffer, watching for an early answer. False when there is no point in sending more: the
    /// server has answered with anything but success, or the connection is lost.
    private func flushUpload() async throws(HTTPClientError) -> Bool {
        while true {
            if try hasBeenRefused() { return false }
            switch socket.flushNow() {
            case .ready: return true
            case .timedOut: throw .deadlineExceeded(.request)
            case .closed, .endOfStream:
                if isCancelled { throw .cancelled(sent: !sentNothing) }
                return false
            case nil: await waitForRoomOrInput()
            }
        }
    }

    private func waitForRoomOrInput() async {
        let number = exchangeNumber
        await withTaskCancellationHandler {
            await socket.waitForRoomOrInput()
        } onCancel: {
            socket.loop.execute { self.cancel(number) }
        }
    }

    /// Whether an early answer says that the rest of the body is not wanted.
    private func hasBeenRefused() throws(HTTPClientError) -> Bool {
        guard !headHasArrived, socket.fillNow() == .ready else { return false }
        return try parseHead() && head.statusCode >= 300
    }
}

/// A body stream that ended before, or went beyond, the length it had announced.
struct BodyLengthMismatch: Error {}

extension ClientRequest {
    /// How the end of the body is told to the server.
    var framing: BodyFraming {
        switch body {
        // RFC 9110 section 8.6: a method that anticipates content says that there is none.
        case .empty: method.anticipatesContent ? .length(0) : .none
        case .bytes(let bytes): .length(bytes.count)
        case .stream(let body): body.knownLength.map { .length($0) } ?? .chunked
        }
    }
}

extension HTTPRequest.Method {
    fileprivate var anticipatesContent: Bool {
        switch self {
        case .post, .put, .patch: true
        default: false
        }
    }
}
