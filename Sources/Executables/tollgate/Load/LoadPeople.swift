import Chassis
import Synchronization

/// Who the load is: people with an account each, and what they have paid.
final class LoadPeople: Sendable {
    struct Person: Sendable {
        let email: String
        let account: String
        var token: String
    }

    /// A payment that can be given back, and how much of it is left.
    struct Paid: Sendable {
        let id: String
        /// The index of who was paid.
        let payee: Int
        var left: Int64
    }

    private struct State {
        var people: [Person] = []
        var paid: [Paid] = []
        var random: SplitMix64
    }

    private static let remembered = 10_000
    private let state: Mutex<State>

    init(random: SplitMix64) { state = Mutex(State(random: random)) }

    func add(_ person: Person) { state.withLock { $0.people.append(person) } }

    var count: Int { state.withLock { $0.people.count } }

    func person(_ index: Int) -> Person { state.withLock { $0.people[index] } }

    func renew(_ index: Int, token: String) { state.withLock { $0.people[index].token = token } }

    /// Two different people, by their indices.
    func pair() -> (payer: Int, payee: Int) {
        state.withLock { state in
            let payer = Self.number(below: state.people.count, &state.random)
            let other = Self.number(below: state.people.count - 1, &state.random)
            return (payer, other < payer ? other : other + 1)
        }
    }

    func anybody() -> Int { state.withLock { Self.number(below: $0.people.count, &$0.random) } }

    /// A number below `limit`.
    func number(below limit: Int) -> Int { state.withLock { Self.number(below: limit, &$0.random) } }

    func choose(_ mix: LoadMix) -> LoadOperation {
        state.withLock { mix.choose(using: &$0.random) }
    }

    /// Remembers a payment, in the place of an old one when there are many.
    func remember(_ payment: Paid) {
        state.withLock { state in
            if state.paid.count < Self.remembered {
                state.paid.append(payment)
            } else {
                state.paid[Self.number(below: state.paid.count, &state.random)] = payment
            }
        }
    }

    /// Takes `amount` off a payment that has as much left; nil when there is none.
    func takeBack(_ amount: Int64) -> Paid? {
        state.withLock { state in
            guard !state.paid.isEmpty else { return nil }
            let index = Self.number(below: state.paid.count, &state.random)
            let payment = state.paid[index]
            if payment.left <= amount { state.paid.remove(at: index) } else { state.paid[index].left -= amount }
            return payment.left < amount ? nil : payment
        }
    }

    private static func number(below limit: Int, _ random: inout SplitMix64) -> Int {
        Int(random.next() % UInt64(max(1, limit)))
    }
}
