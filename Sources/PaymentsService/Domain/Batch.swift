/// Payments that are asked for at once, by one request under one key.
struct Batch: Sendable {
    enum Mode: String, Sendable, CaseIterable {
        /// All of them, or none.
        case atomic
        /// Each by itself.
        case independent
    }

    /// How many payments. With the most, the writer is held for about a tenth of a second.
    static let size = 1...1_000

    let mode: Mode
    let orders: [PaymentOrder]
}

/// What became of one payment of a batch.
enum BatchItem: Sendable {
    case succeeded(payment: String)
    case refused(Refusal)
}
