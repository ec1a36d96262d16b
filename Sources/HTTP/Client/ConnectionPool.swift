/// The bounds of one connection pool. Times are milliseconds of the loop's clock.
struct ConnectionPoolLimits: Sendable, Equatable {
    /// Connections open or being opened at once.
    var connections = 256
    /// Requests that may wait for a connection; the next one is refused.
    var waiters = 1024
    /// How long an unused connection is kept. Shorter than the server's keep-alive, so that we close first.
    var idleTimeout: UInt64 = 50_000
    /// Age after which a connection is not used again, so that traffic follows a changed address.
    var maximumAge: UInt64 = 600_000
    /// Requests after which a connection is not used again.
    var requestsPerConnection = 100_000
}

/// Which connection to one address serves which request, on one event loop.
///
/// A pure state machine: it does no I/O, reads no clock and takes no lock. Every method returns what its owner must do.
/// A connection is in one of three places: counted in `connecting`, counted in `leased`, or held in `idle`. The most
/// recently used idle connection is taken first, so the others can age out when traffic falls.
struct ConnectionPool<Connection> {
    /// The right to use a connection for one request.
    struct Lease {
        let connection: Connection
        let openedAt: UInt64
        /// Requests served before this one; 0 on a fresh connection.
        var served: Int
        var isReused: Bool { served > 0 }
    }

    /// What a request gets when it asks for a connection.
    enum Acquired {
        case reuse(Lease)
        /// Close this dead or worn-out connection, then ask again.
        case discard(Connection)
        /// Open a connection, then call `connected` or `connectFailed`.
        case connect
        /// Wait until this ticket is granted, expires or is cancelled.
        case wait(ticket: UInt64)
        /// The pool and its queue are full.
        case exhausted
        case shutDown
    }

    /// What a waiting request is given.
    enum Grant {
        case lease(Lease)
        /// Open a connection, then call `connected` or `connectFailed`.
        case connect
    }

    /// What follows from a connection or a slot that became free.
    struct Freed {
        /// Close this connection.
        var close: Connection?
        /// This connection is idle now: it may be closed at any time by `expire`.
        var parked: Connection?
        /// Wake this waiter with its grant.
        var granted: (ticket: UInt64, grant: Grant)?
    }

    /// What has run out at some moment.
    struct Expired {
        var close: [Connection] = []
        var tickets: [UInt64] = []
    }

    private struct Idle {
        var lease: Lease
        var since: UInt64
    }

    private struct Waiter {
        let ticket: UInt64
        let deadline: UInt64
    }

    private(set) var limits: ConnectionPoolLimits
    private var idle: [Idle] = []
    private var waiters: [Waiter] = []
    private var nextTicket: UInt64 = 1
    private(set) var leased = 0
    private(set) var connecting = 0
    private(set) var isShutDown = false

    init(limits: ConnectionPoolLimits) {
        self.limits = limits
        idle.reserveCapacity(min(limits.connections, 16))
    }

    var idleCount: Int { idle.count }
    var waiterCount: Int { waiters.count }
    private var open: Int { idle.count + leased + connecting }

    /// True when nothing is held and nobody waits, so the pool itself may be dropped.
    var isEmpty: Bool { open == 0 && waiters.isEmpty }

    /// Changes how much may be in use at once. What is open beyond it stays until it is released.
    mutating func limit(connections: Int, waiters: Int) {
        limits.connections = connections
        limits.waiters = waiters
    }

    // MARK: - Requests

    /// Asks for a connection. `isUsable` tells whether an idle connection still looks alive.
    mutating func acquire(
        now: UInt64, deadline: UInt64, mayReuse: Bool = true, isUsable: (Connection) -> Bool
    ) -> Acquired {
        if isShutDown { return .shutDown }
        if mayReuse || open >= limits.connections, let candidate = idle.popLast() {
            guard mayReuse, isFresh(candidate, now: now), isUsable(candidate.lease.connection) else {
                return .discard(candidate.lease.connection)
            }
            leased += 1
            return .reuse(candidate.lease)
        }
        if open < limits.connections {
            connecting += 1
            return .connect
        }
        guard waiters.count < limits.waiters else { return .exhausted }
        return .wait(ticket: enqueue(until: deadline))
    }

    /// The connection being opened is there; it belongs to the request that asked.
    mutating func connected(_ connection: Connection, now: UInt64) -> Lease {
        connecting -= 1
        leased += 1
        return Lease(connection: connection, openedAt: now, served: 0)
    }

    /// The connection being opened did not come to be; its slot goes to the first waiter.
    mutating func connectFailed() -> Freed {
        connecting -= 1
        return Freed(granted: grantSlot())
    }

    /// A request is done with its connection. `reusable` is false when either side may still have bytes to send.
    mutating func release(_ lease: Lease, reusable: Bool, now: UInt64) -> Freed {
        leased -= 1
        var lease = lease
        lease.served += 1
        guard reusable, !isShutDown, !isWorn(lease, now: now), open < limits.connections else {
            return Freed(close: lease.connection, granted: grantSlot())
        }
        guard let first = waiters.first else {
            idle.append(Idle(lease: lease, since: now))
            return Freed(parked: lease.connection)
        }
        waiters.removeFirst()
        leased += 1
        return Freed(granted: (first.ticket, .lease(lease)))
    }

    /// Gives up waiting. False when the ticket has been granted already: then the grant must be used or returned.
    mutating func cancel(ticket: UInt64) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.ticket == ticket }) else { return false }
        waiters.remove(at: index)
        return true
    }

    // MARK: - Time and shutdown

    /// Removes what has run out, and idle connections that are no longer `isUsable`.
    mutating func expire(now: UInt64, isUsable: (Connection) -> Bool) -> Expired {
        var expired = Expired()
        var kept: [Idle] = []
        for candidate in idle {
            if isFresh(candidate, now: now), isUsable(candidate.lease.connection) {
                kept.append(candidate)
            } else {
                expired.close.append(candidate.lease.connection)
            }
        }
        idle = kept
        waiters.removeAll { waiter in
            let late = waiter.deadline <= now
            if late { expired.tickets.append(waiter.ticket) }
            return late
        }
        return expired
    }

    /// Refuses new requests and drops all that is idle or waiting. Leased connections close when they are released.
    mutating func shutDown() -> Expired {
        isShutDown = true
        defer { (idle, waiters) = ([], []) }
        return Expired(close: idle.map(\.lease.connection), tickets: waiters.map(\.ticket))
    }

    // MARK: - Rules

    private func isFresh(_ candidate: Idle, now: UInt64) -> Bool {
        now < candidate.since + limits.idleTimeout && !isWorn(candidate.lease, now: now)
    }

    private func isWorn(_ lease: Lease, now: UInt64) -> Bool {
        lease.served >= limits.requestsPerConnection || now >= lease.openedAt + limits.maximumAge
    }

    private mutating func enqueue(until deadline: UInt64) -> UInt64 {
        defer { nextTicket += 1 }
        waiters.append(Waiter(ticket: nextTicket, deadline: deadline))
        return nextTicket
    }

    private mutating func grantSlot() -> (ticket: UInt64, grant: Grant)? {
        guard open < limits.connections, let first = waiters.first else { return nil }
        waiters.removeFirst()
        connecting += 1
        return (first.ticket, .connect)
    }
}

extension ConnectionPool.Lease: Sendable where Connection: Sendable {}
extension ConnectionPool.Grant: Sendable where Connection: Sendable {}
