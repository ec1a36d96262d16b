/// When to give freed memory back to the system: after many connections have come to rest, and with them the Tasks that
/// served them, whose memory the allocator would keep for as many again. A pure state machine, asked once a second.
struct TrimSchedule {
    /// Fewer free too little: giving it back costs each thread milliseconds.
    static let threshold = 1_000

    private var previous = 0
    /// How many rested when memory was given back last, or fewer since.
    private var settled = 0

    /// Whether memory is to be given back now.
    ///
    /// - Parameter resting: How many connections rest now. Not before it has stopped growing: what is given back while
    ///   more come is only asked for again.
    mutating func isDue(resting: Int) -> Bool {
        defer { previous = resting }
        settled = min(settled, resting)
        guard resting - settled >= Self.threshold, resting - previous < Self.threshold / 10 else { return false }
        settled = resting
        return true
    }
}
