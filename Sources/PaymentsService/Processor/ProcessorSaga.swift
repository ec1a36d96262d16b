import Chassis
import Spans

/// Drives deposits and withdrawals through the processor until they are final.
///
/// All of its state is in the database: after a crash, whatever was under way is due again and is resumed under the
/// same key.
struct ProcessorSaga: Sendable {
    let store: PaymentsStore
    let processor: any Processor
    /// How many operations are with the processor at a time when many are due: one that is slow to answer does not hold
    /// up the others.
    var width = 8
    /// Where the steps go that no request waits for.
    var traces = Traces.off

    /// One step: ask the processor, then apply what it said.
    ///
    /// - Returns: The operation as it is now; it may still be processing.
    func step(_ operation: ProcessorOperation) async throws -> ProcessorOperation {
        let outcome = await ActiveSpan.with(.processor) { span in
            span?.record.set(.processorOperation, text: operation.kind.rawValue, of: span?.index ?? -1)
            return await processor.submit(operation.order)
        }
        return try await store.advance(operation, by: outcome)
    }

    /// Takes one step with every operation that is due, a page at a time.
    ///
    /// - Parameter all: Also those whose time has not come: after a start, when nobody else can be at work on them.
    /// - Returns: How many were due.
    @discardableResult
    func resume(all: Bool = false) async throws -> Int {
        if all { try await store.makeOpenOperationsDue() }
        // An operation that stays open is due later than this: none is met twice, also when the clock is set back.
        var time = store.clock.now
        var count = 0
        while case let due = try await store.operations(
            dueAt: time, orAfter: store.clock.now + ProcessorOperation.longestDelay), !due.isEmpty
        {
            try await step(each: due)
            count += due.count
            time = min(time, store.clock.now)
        }
        return count
    }

    private func step(each due: [ProcessorOperation]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, operation) in due.enumerated() {
                try Task.checkCancellation()
                if index >= width { try await group.next() }
                group.addTask {
                    _ = try await traces.job(named: "resume \(operation.kind.rawValue)") { _ in
                        try await step(operation)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
