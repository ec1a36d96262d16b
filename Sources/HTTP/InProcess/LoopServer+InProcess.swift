import Sockets
import Synchronization

extension LoopServer {
    /// Serves a request of this process, in a Task of its own: the caller may leave before the handler does, and what is
    /// bound to the caller's Task (``Spans/ActiveSpan``) is none of the handler's business.
    /// - Parameter wire: The head as it would go over a socket.
    func serve(_ wire: ByteBuffer, on exchange: InProcessExchange) {
        var head: RequestHead? = takeHead()
        var parser = HeadParser(limits: core.configuration.headLimits)
        switch parser.parse(wire.readable, into: head.unsafelyUnwrapped) {
        case .complete: break
        case .failed(let error): return refuse(error, exchange, &head)
        case .incomplete: return refuse(.incompleteMessage, exchange, &head)
        }
        let call = InProcessCall(self, exchange, head: head)
        head = nil
        add(exchange)
        exchange.task = Task.detached(executorPreference: loop) {
            await call.run()
            self.remove(exchange)
        }
    }

    private func refuse(_ error: MessageError, _ exchange: InProcessExchange, _ head: inout RequestHead?) {
        giveBack(&head)
        InProcessCall(self, exchange, head: nil).refuse(error)
    }

    private func add(_ exchange: InProcessExchange) {
        exchange.slot = exchanges.count
        exchanges.append(exchange)
        callCount.store(exchanges.count, ordering: .relaxed)
    }

    private func remove(_ exchange: InProcessExchange) {
        exchanges.swapAt(exchange.slot, exchanges.count - 1)
        exchanges[exchange.slot].slot = exchange.slot
        exchanges.removeLast()
        exchange.task = nil
        callCount.store(exchanges.count, ordering: .relaxed)
    }
}
