import HTTPTypes
import Sockets

/// One request to a server of this process and its answer: what a connection is to servers elsewhere.
///
/// The caller's task and the handler's own one meet here, both on one loop. Either may leave: the caller by giving up,
/// which cancels the handler's task, the server by cutting the exchange off.
///
/// `@unchecked Sendable`: confined to the loop's thread.
final class InProcessExchange: @unchecked Sendable {
    let loop: EventLoop
    /// The request's body, on its way to the handler.
    private(set) var request = BodyPipe()
    /// The answer's body, on its way to the caller.
    private(set) var response = BodyPipe()
    /// The answer's head, once it is there.
    private(set) var head: ResponseHead?
    /// Why there will be no head.
    private(set) var failure: HTTPClientError?
    /// Whether nobody waits for the answer any more.
    private(set) var isAbandoned = false
    /// Where the loop's list of exchanges has it.
    var slot = 0
    /// Serves the request, to be cancelled when the caller leaves.
    var task: Task<Void, Never>?

    private var caller: UnsafeContinuation<Wake, Never>?
    private var reader: UnsafeContinuation<Void, Never>?
    private var writer: UnsafeContinuation<Void, Never>?

    /// What ended a wait of the caller's.
    enum Wake {
        /// Something has changed.
        case event
        /// The time is up.
        case late
        /// The caller's task was cancelled.
        case cancelled
    }

    init(loop: EventLoop) { self.loop = loop }

    // MARK: - The caller's side

    /// Waits for a change, until `deadline` in milliseconds of the loop's clock.
    nonisolated(nonsending) func wait(until deadline: UInt64) async -> Wake {
        guard loop.now < deadline else { return .late }
        let timer = deadline == .max ? nil : loop.schedule(at: deadline) { self.wakeCaller(.late) }
        let wake = await withTaskCancellationHandler {
            await withUnsafeContinuation { caller = $0 }
        } onCancel: {
            loop.execute { self.wakeCaller(.cancelled) }
        }
        if let timer { loop.cancel(timer) }
        return wake
    }

    /// Sends a piece of the request's body. The caller waits first while the pipe is full.
    func send(_ piece: [UInt8]) {
        request.append(piece)
        wakeReader()
    }

    /// The request's body is complete.
    func endRequest(trailers: HTTPFields = .none) {
        request.end(trailers: trailers)
        wakeReader()
    }

    /// The rest of the request's body will not come: a handler that has refused it and reads on anyway is not kept waiting.
    func breakRequestOff() {
        request.breakOff()
        wakeReader()
    }

    /// Takes the piece of the answer that is next.
    func takeFirst() -> [UInt8]? {
        let piece = response.takeFirst()
        if !response.isFull { wakeWriter() }
        return piece
    }

    /// Nobody waits for the answer any more. Does nothing once it has been written.
    func abandon() {
        guard !isAbandoned, response.state == .open else { return }
        isAbandoned = true
        request.breakOff()
        response.close()
        task?.cancel()
        wakeReader()
        wakeWriter()
    }

    // MARK: - The server's side

    /// The next piece of the request's body; nil when none will follow, be it complete or not.
    func nextOfRequest() async -> [UInt8]? {
        while true {
            if let piece = request.takeFirst() {
                if !request.isFull { wakeCaller(.event) }
                return piece
            }
            if request.state != .open { return nil }
            await withUnsafeContinuation { reader = $0 }
        }
    }

    /// No more of the request will be read: whoever still sends need not.
    func closeRequest() {
        guard request.state == .open else { return }
        request.close()
        wakeCaller(.event)
    }

    func answer(_ head: ResponseHead) {
        guard failure == nil else { return }
        self.head = head
        wakeCaller(.event)
    }

    /// Puts a piece of the answer in without waiting.
    func write(_ piece: [UInt8]) {
        response.append(piece)
        wakeCaller(.event)
    }

    /// Waits until there is room for a piece. False when nobody reads any more.
    func hasRoom() async -> Bool {
        while response.state == .open, response.isFull { await withUnsafeContinuation { writer = $0 } }
        return response.state == .open
    }

    func endResponse(trailers: HTTPFields = .none) {
        response.end(trailers: trailers)
        wakeCaller(.event)
    }

    /// The answer ends before its end, or there is none.
    func cutOff(_ error: HTTPClientError = .closedBeforeResponse(reused: false)) {
        if head == nil, failure == nil { failure = error }
        guard response.state == .open else { return }
        request.close()
        response.breakOff()
        task?.cancel()
        wakeReader()
        wakeWriter()
        wakeCaller(.event)
    }

    // MARK: - Waking

    private func wakeCaller(_ wake: Wake) { caller.take()?.resume(returning: wake) }

    private func wakeReader() { reader.take()?.resume() }

    private func wakeWriter() { writer.take()?.resume() }
}
