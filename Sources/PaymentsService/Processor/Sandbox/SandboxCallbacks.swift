import Chassis
import Logging
import Storage

/// Where the sandbox's callbacks go.
protocol CallbackTransport: Sendable {
    /// Whether the callback was taken.
    func deliver(_ body: [UInt8], signature: String) async -> Bool
}

/// The sandbox's other half: tells the end of what was not final at once, until it is taken, at least once.
struct SandboxCallbacks: Sendable {
    /// How often a callback is tried before it is given up: polling finds the end as well.
    static let maximumAttempts: Int64 = 12

    let sandbox: SandboxProcessor
    let secrets: CallbackSecrets
    let transport: any CallbackTransport

    /// Delivers what is due.
    ///
    /// - Returns: How many callbacks were taken.
    @discardableResult
    func deliver() async throws -> Int {
        // Without a secret nobody would believe it.
        guard let secret = secrets.current.first else { return 0 }
        var taken = 0
        for due in try await due(at: sandbox.clock.now) {
            try Task.checkCancellation()
            let body = due.callback.json
            let now = sandbox.clock.now
            let isTaken = await transport.deliver(
                body, signature: CallbackSignature(body, secret: secret, at: now).text)
            try await record(due, isTaken: isTaken, at: now)
            if isTaken { taken += 1 }
        }
        return taken
    }

    private func due(at time: Int64) async throws -> [DueCallback] {
        try await sandbox.database.read { reader in
            try reader.all(
                """
                SELECT key, amount, currency, reason, callback_attempts, callbacks FROM orders
                WHERE callbacks > 0 AND next_callback_at <= ? ORDER BY next_callback_at LIMIT 100
                """, .integer(time), map: DueCallback.init)
        }
    }

    private func record(_ due: DueCallback, isTaken: Bool, at now: Int64) async throws {
        let attempts = isTaken ? 0 : due.attempts + 1
        let isOver = attempts >= Self.maximumAttempts
        // Doubles from a second up to five minutes.
        let next = isTaken ? now : now + min(300_000, 1_000 << min(attempts - 1, 9))
        try await sandbox.database.write { transaction in
            _ = try transaction.execute(
                """
                UPDATE orders SET callbacks = MAX(callbacks - ?2, 0), callback_attempts = ?3, next_callback_at = ?4
                WHERE key = ?1
                """,
                .text(due.callback.key), .integer(isOver ? due.left : isTaken ? 1 : 0), .integer(attempts),
                .integer(next))
        }
    }
}

/// A callback whose time has come.
private struct DueCallback: Sendable {
    let callback: ProcessorCallback
    let attempts: Int64
    /// How many are to be delivered, this one among them.
    let left: Int64

    init(_ row: Row) throws {
        let (key, reason) = (try row.string(0), try row.optionalString(3))
        left = try row.int64(5)
        attempts = try row.int64(4)
        callback = ProcessorCallback(
            id: "cb_\(key)", key: key, amount: try row.int64(1), currency: try row.string(2),
            status: reason == nil ? .succeeded : .declined, reason: reason)
    }
}
