import Chassis
import Logging
import Storage

/// A processor for tests and demonstrations: the name of the card or bank account decides.
///
/// It stands for another company: it has a database of its own, and what it has taken it keeps, through any number of
/// crashes of the process that it runs in.
struct SandboxProcessor: Processor {
    let database: any Database
    let clock: any WallClock
    /// How long a slow order takes.
    let slowMilliseconds: Int64
    var logger = Logger(label: "sandbox")

    func objection(to instrument: String, for kind: ProcessorOrder.Kind) -> String? {
        let known = SandboxInstrument.names(for: kind)
        return known.contains(instrument) ? nil : "must be one of \(known.joined(separator: ", "))"
    }

    func submit(_ order: ProcessorOrder) async -> ProcessorOutcome {
        do {
            return try await take(order)
        } catch {
            logger.warning("the sandbox gives no answer", metadata: ["key": "\(order.key)", "reason": "\(error)"])
            return .unknown
        }
    }

    private func take(_ order: ProcessorOrder) async throws -> ProcessorOutcome {
        let now = clock.now
        let instrument = SandboxInstrument(rawValue: order.instrument)
        let known = instrument?.kind == order.kind ? instrument : nil
        let finalAt = now + (known?.isSlow == true ? slowMilliseconds : 0)
        let taken = SandboxOrder(
            order: order, reason: known == nil ? "unknown_instrument" : known?.reason, finalAt: finalAt, createdAt: now)
        let (stored, submissions) = try await database.write { transaction in
            try transaction.take(taken, callbacks: known?.callbacks ?? 0)
        }
        // The key belongs to something else: whatever is said about that says nothing about this order.
        guard stored.order == order else { return .unknown }
        if submissions == 1, known?.losesAnswer == true { return .unknown }
        return stored.outcome(at: now)
    }
}

extension Transaction {
    /// Writes an order down, unless its key has come before.
    ///
    /// - Returns: What stands under the key, and how often that has come.
    fileprivate func take(_ taken: SandboxOrder, callbacks: Int) throws -> (SandboxOrder, submissions: Int64) {
        let order = taken.order
        let submissions = try first(
            """
            INSERT INTO orders (key, kind, amount, currency, instrument, reason, final_at, created_at, callbacks,
                next_callback_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?7)
            ON CONFLICT (key) DO UPDATE SET submissions = submissions + 1
            RETURNING submissions
            """,
            .text(order.key), .text(order.kind.rawValue), .integer(order.amount), .text(order.currency),
            .text(order.instrument), SQLValue(taken.reason), .integer(taken.finalAt), .integer(taken.createdAt),
            SQLValue(callbacks)
        ) { try $0.int64(0) }
        let stored = try first(SandboxOrder.columns + " WHERE key = ?", .text(order.key), map: SandboxOrder.init)
        return (stored ?? taken, submissions ?? 1)
    }
}
