import Sockets

extension ClientConnection {
    /// Interim answers (1xx) before the final one; more is an attack on our patience.
    private static let mostInterimAnswers = 16

    /// Waits for the head of the final answer; its body is read from the response. After an error the connection is
    /// closed and given back.
    ///
    /// One function with the wait inside: every call of an async function costs two switches of the executor, and this
    /// is the one place where each request waits.
    nonisolated(nonsending) func receiveAnswer() async throws(HTTPClientError) -> ClientResponse {
        let (bytesBefore, number) = (socket.bytesReceived, exchangeNumber)
        socket.readDeadline = socket.loop.now &+ headTimeout
        do throws(HTTPClientError) {
            while try !headIsThere() {
                switch socket.fillNow() {
                case .ready: continue
                case .some(let result):
                    throw failure(result, .head, closed: lostConnection(bytesBefore: bytesBefore))
                case nil:
                    await withTaskCancellationHandler {
                        await socket.waitReadable()
                    } onCancel: {
                        socket.loop.execute { self.cancel(number) }
                    }
                }
            }
        } catch {
            end(reusable: false)
            throw error
        }
        if liftsDeadline { socket.totalDeadline = .max }
        return ClientResponse(head: head, body: ConnectionResponseBody(connection: self))
    }

    private func headIsThere() throws(HTTPClientError) -> Bool {
        if headHasArrived { return true }
        return socket.input.isEmpty ? false : try parseHead()
    }

    private func lostConnection(bytesBefore: Int) -> HTTPClientError {
        let isSilent = socket.bytesReceived == bytesBefore && socket.input.isEmpty && interimAnswers == 0
        return isSilent ? .closedBeforeResponse(reused: isReused) : .truncatedResponse
    }

    /// Parses what has arrived, passing over interim answers (RFC 9110 section 15.2). True when the final head is there.
    func parseHead() throws(HTTPClientError) -> Bool {
        while true {
            switch parser.parse(socket.input.readable, into: head, answersHead: answersHead) {
            case .incomplete: return false
            case .failed(let error): throw .malformedResponse(error.detail)
            case .complete(let count):
                socket.input.consume(count)
                if head.statusCode >= 200 || hasSwitched {
                    headHasArrived = true
                    return true
                }
                interimAnswers += 1
                // Any other 101 switches to a protocol that nobody asked for.
                guard head.statusCode != 101, interimAnswers <= Self.mostInterimAnswers else {
                    throw .malformedResponse("An interim answer that was not asked for.")
                }
            }
        }
    }
}
