import Chassis
import Synchronization

@testable import PaymentsService

/// A feed that gives what a test wrote down, in order, and fails when there is nothing more.
final class ScriptedFeed: RevocationFeed {
    enum Answer: Sendable {
        case page(FeedPage)
        case gone
        case failure(any Error)
    }

    struct NothingMore: Error {}

    private struct State {
        var answers: [Answer]
        var snapshots: [LockSnapshot]
        var asked: [Int64] = []
    }

    private let state: Mutex<State>

    init(_ answers: [Answer] = [], snapshots: [LockSnapshot] = []) {
        state = Mutex(State(answers: answers, snapshots: snapshots))
    }

    /// The positions that were asked for, in order.
    var asked: [Int64] { state.withLock { $0.asked } }

    func then(_ answers: Answer...) { state.withLock { $0.answers += answers } }

    func events(after position: Int64) async throws -> FeedPage? {
        let answer = try state.withLock { state in
            state.asked.append(position)
            guard !state.answers.isEmpty else { throw NothingMore() }
            return state.answers.removeFirst()
        }
        switch answer {
        case .page(let page): return page
        case .gone: return nil
        case .failure(let error): throw error
        }
    }

    func snapshot() async throws -> LockSnapshot {
        try state.withLock { state in
            guard !state.snapshots.isEmpty else { throw NothingMore() }
            return state.snapshots.removeFirst()
        }
    }
}

extension ScriptedFeed.Answer {
    /// A page of events with consecutive numbers from `first` on.
    static func events(from first: Int64, _ changes: FeedEvent.Change...) -> Self {
        let events = changes.enumerated().map { index, change in
            FeedEvent(sequence: first + Int64(index), occurredAt: 0, change: change)
        }
        return .page(FeedPage(events: events, next: events.last?.sequence ?? first))
    }
}
