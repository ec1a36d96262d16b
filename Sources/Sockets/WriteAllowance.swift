/// How long a peer may keep a sender waiting: a balance of milliseconds that waiting uses up and taken bytes restore.
///
/// The balance never exceeds `most`. So a peer may pause for that long at any time, but over longer times it has to take
/// `minimumRate` bytes per second: one byte now and then does not hold a connection for ever.
public struct WriteAllowance: Sendable, Equatable {
    /// The longest pause, in milliseconds.
    public let most: UInt64
    /// Bytes per second that the peer must take; 0 has any byte restore the whole balance.
    public let minimumRate: Int
    /// What is left, in milliseconds.
    public private(set) var left: UInt64
    // Bytes that had been taken when the balance was last restored.
    private var taken = 0

    /// A full balance.
    public init(most: UInt64, minimumRate: Int) {
        self.most = most
        self.minimumRate = minimumRate
        left = most
    }

    /// The sender has waited for the peer.
    mutating func waited(_ milliseconds: UInt64) { left -= min(left, milliseconds) }

    /// The peer has taken `total` bytes since the connection began.
    mutating func took(total: Int) {
        let fresh = max(0, total - taken)
        taken = max(taken, total)
        guard fresh > 0 else { return }
        left = minimumRate > 0 ? min(most, left &+ UInt64(fresh) &* 1000 / UInt64(minimumRate)) : most
    }

    /// Makes the balance full again: for the next answer.
    public mutating func renew() { left = most }
}
