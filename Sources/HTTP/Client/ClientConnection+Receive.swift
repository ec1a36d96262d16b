import Sockets

extension ClientConnection {
    /// Interim answers (1xx) before the final one; more is an attack on our patience.
    private static let mostInterimAnswers = 16

    /// Reads up to the head of the final answer.
    func receiveHead() async throws(HTTPClientError) {
        if headHasArrived { return }
        let bytesBefore = socket.bytesReceived
        socket.readDeadline = socket.loop.now &+ headTimeout
        while try !parseHead() {
            let result = await fill()
            if result == .ready { continue }
            throw failure(result, .head, closed: lostConnection(bytesBefore: bytesBefore))
        }
    }

    private func lostConnection(bytesBefore: Int) -> HTTPClientError {
        let isSilent = socket.bytesReceived == bytesBefore && socket.input.isEmpty && interimAnswers == 0
        return isSilent ? .closedBeforeResponse(reused: isReused) : .truncatedResponse
    }

    /// Parses what has arrived, passing over interim answers (RFC 9110 section 15.2). True when the final head is there.
    func parseHead() throws(HTTPClientError) -> Bool {
        while true {
            switch parseOneHead() {
            case .incomplete: return false
            case .failed(let error): throw .malformedResponse(error.detail)
            case .complete(let count):
                socket.input.consume(count)
                if head.statusCode >= 200 {
                    headHasArrived = true
                    return true
                }
                interimAnswers += 1
                // 101 switches protocols, which we never ask for.
                guard head.statusCode != 101, interimAnswers <= Self.mostInterimAnswers else {
                    throw .malformedResponse("An interim answer that was not asked for.")
                }
            }
        }
    }
}
