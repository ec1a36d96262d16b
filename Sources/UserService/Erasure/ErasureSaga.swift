import Chassis
import HTTP
import Logging

/// Carries out wishes to be erased.
///
/// All of its state is in the database: after a crash, whatever was under way is due again.
struct ErasureSaga: Sendable {
    let store: ErasureStore
    let payments: any PaymentsPeer
    let logger: Logger

    /// One step: asks payments-service, then does what its answer says.
    ///
    /// - Parameter origin: The request that waits for the answer, where one does.
    /// - Returns: What was done.
    func step(_ erasure: Erasure, origin: RequestContext? = nil) async throws -> ErasureAction {
        let action = erasure.action(on: await payments.closeAccounts(of: erasure.userID, origin: origin))
        try await store.advance(erasure, by: action, isAwaited: origin != nil)
        return action
    }

    /// Takes one step with every wish that is due.
    ///
    /// - Parameter all: Also those whose time has not come: after a start, when nobody else can be at work on them.
    /// - Returns: How many were due.
    @discardableResult
    func resume(all: Bool = false) async throws -> Int {
        let due = try await store.due(at: all ? .max : store.clock.now)
        for erasure in due {
            let action = try await step(erasure)
            logger.info(
                "An erasure was resumed", metadata: ["user": "\(erasure.userID)", "outcome": "\(action.name)"])
        }
        return due.count
    }
}

extension ErasureAction {
    fileprivate var name: String {
        switch self {
        case .erase: "erased"
        case .drop: "money_left"
        case .askAgain: "pending"
        }
    }
}
