import HTTP
import Synchronization

@testable import UserService

/// A payments-service that answers as a test says, and keeps what it was asked.
final class StubPayments: PaymentsPeer {
    private struct State {
        var answers: [ClosingAnswer] = []
        var asked: [String] = []
        var export: [String]? = [#"{"accounts":[]}"#]
    }

    struct Down: Error {}

    private let state = Mutex(State())

    /// The users whose accounts were to be closed, in order.
    var asked: [String] { state.withLock { $0.asked } }

    /// Answers in this order, and the last one for ever; `closed` when nothing is said.
    func answer(_ answers: ClosingAnswer...) { state.withLock { $0.answers = answers } }

    /// The pieces of the export; `nil` for no answer at all.
    func export(_ pieces: [String]?) { state.withLock { $0.export = pieces } }

    func closeAccounts(of user: String, origin: RequestContext?) async -> ClosingAnswer {
        state.withLock { state in
            state.asked.append(user)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers.first ?? .closed
        }
    }

    func export(of user: String, origin: RequestContext) async throws -> TextPieces {
        guard let pieces = state.withLock({ $0.export }) else { throw Down() }
        let rest = Pieces(pieces)
        return { rest.next() }
    }

    private final class Pieces: Sendable {
        private let rest: Mutex<[String]>

        init(_ pieces: [String]) { rest = Mutex(pieces) }

        func next() -> [UInt8]? {
            rest.withLock { $0.isEmpty ? nil : Array($0.removeFirst().utf8) }
        }
    }
}
