import Chassis
import Logging
import ServiceLifecycle
import Synchronization

/// Delivers events to the endpoints that want them: a worker for each endpoint that has anything pending.
///
/// All of its state is in the database. After a crash, whatever was under way is pending, and is sent again.
final class WebhookRelay: Service {
    private struct State {
        var workers: [String: EndpointWorker] = [:]
        /// Workers that were woken since they last looked for work.
        var woken: Set<String> = []
    }

    private let parts: RelayParts
    private let state = Mutex(State())
    private let starts: AsyncStream<String>
    private let start: AsyncStream<String>.Continuation
    /// Asks to look for what is pending, whatever endpoint it is for.
    private let looks: AsyncStream<Void>
    private let look: AsyncStream<Void>.Continuation

    init(_ parts: RelayParts) {
        self.parts = parts
        (starts, start) = AsyncStream.makeStream()
        (looks, look) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        // For what the process before this one has left.
        look.yield()
    }

    /// Endpoints may receive again that did not: what is pending for any of them is taken up.
    func takeUp() { look.yield() }

    /// These endpoints have something to be delivered.
    func wake(_ endpoints: Set<String>) {
        for id in endpoints { wake(id) }
    }

    /// The endpoint has something to be delivered.
    func wake(_ id: String) {
        let worker = state.withLock { state -> EndpointWorker? in
            state.woken.insert(id)
            if let worker = state.workers[id] { return worker }
            state.workers[id] = EndpointWorker(id, parts)
            start.yield(id)
            return nil
        }
        worker?.wake()
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await _ in self.looks { await self.resume() }
                }
                for await id in self.starts {
                    group.addTask { await self.work(id) }
                }
                group.cancelAll()
            }
        }
    }

    private func work(_ id: String) async {
        guard
            let worker = state.withLock({ state in
                state.woken.remove(id)
                return state.workers[id]
            })
        else { return }
        await worker.run { self.retire(id) }
    }

    /// Lets a worker go, unless it was woken meanwhile: then it has to look once more.
    private func retire(_ id: String) -> Bool {
        let isOver = state.withLock { state in
            guard state.woken.remove(id) == nil else { return false }
            state.workers[id] = nil
            return true
        }
        if !isOver { state.withLock { $0.workers[id] }?.wake() }
        return isOver
    }

    private func resume() async {
        var last = ""
        while !Task.isCancelled {
            do {
                let found = try await parts.store.endpointsWithDeliveries(after: last)
                guard let end = found.last else { return }
                wake(Set(found))
                last = end
            } catch {
                parts.logger.error("Webhooks could not be taken up", metadata: ["reason": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
