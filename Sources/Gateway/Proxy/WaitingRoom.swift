/// The queue of an upstream that accepts no connections at the moment.
///
/// One of those who wait, the scout, tries to connect from time to time; the others sleep until it has got through.
/// A pure state machine: it says who sleeps, who tries and who is woken. Times are milliseconds.
struct WaitingRoom: Sendable {
    /// Names one who waits.
    typealias Ticket = UInt64

    enum Admission: Sendable, Equatable {
        /// Sleep ``scoutInterval``, then try; report the outcome.
        case scout(Ticket)
        /// Sleep until woken or until the time is over.
        case wait(Ticket)
        /// As many wait as may.
        case full
    }

    /// Milliseconds between two attempts of the scout.
    static let scoutInterval: UInt64 = 20

    let capacity: Int
    private var next: Ticket = 1
    private var scout: Ticket?
    /// Those who sleep, in the order of their coming.
    private var sleepers: [Ticket] = []

    init(capacity: Int) { self.capacity = capacity }

    /// How many wait, the scout included.
    var count: Int { sleepers.count + (scout == nil ? 0 : 1) }

    /// Somebody found no address.
    mutating func enter() -> Admission {
        guard count < capacity else { return .full }
        let ticket = next
        next += 1
        if scout == nil {
            scout = ticket
            return .scout(ticket)
        }
        sleepers.append(ticket)
        return .wait(ticket)
    }

    /// A connection was made (by the scout or by anybody): everybody may try.
    ///
    /// - Returns: Those to wake.
    mutating func opened() -> [Ticket] {
        scout = nil
        defer { sleepers = [] }
        return sleepers
    }

    /// Somebody stops waiting: cancelled, or out of time.
    ///
    /// - Returns: The one to wake as the new scout, when the scout itself has left.
    mutating func leave(_ ticket: Ticket) -> Ticket? {
        guard scout == ticket else {
            sleepers.removeAll { $0 == ticket }
            return nil
        }
        scout = sleepers.isEmpty ? nil : sleepers.removeFirst()
        return scout
    }

    /// Whether this one is to try now and then.
    func isScout(_ ticket: Ticket) -> Bool { scout == ticket }
}
