import Testing

@testable import HTTP

@Suite struct ConnectionPoolTests {
    typealias Pool = ConnectionPool<Int>

    /// Acquires what must be a new connection.
    static func open(_ pool: inout Pool, _ id: Int, now: UInt64 = 0) throws -> Pool.Lease {
        guard case .connect = pool.acquire(now: now, deadline: .max, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
        return pool.connected(id, now: now)
    }

    enum Unexpected: Error { case action }

    @Test func takesTheMostRecentlyUsedIdleConnection() throws {
        var pool = Pool(limits: .init(connections: 3))
        let leases = try (1...3).map { try Self.open(&pool, $0) }
        for lease in leases { _ = pool.release(lease, reusable: true, now: 10) }
        guard case .reuse(let lease) = pool.acquire(now: 11, deadline: .max, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
        #expect(lease.connection == 3)
        #expect(lease.isReused)
        #expect(pool.idleCount == 2)
    }

    @Test func doesNotKeepAConnectionThatIsNotReusable() throws {
        var pool = Pool(limits: .init())
        let lease = try Self.open(&pool, 1)
        let freed = pool.release(lease, reusable: false, now: 1)
        #expect(freed.close == 1)
        #expect(freed.parked == nil)
        #expect(pool.isEmpty)
    }

    @Test(arguments: [
        ConnectionPoolLimits(idleTimeout: 50), ConnectionPoolLimits(maximumAge: 60),
    ])
    func discardsWhatIsTooOldToBeReused(limits: ConnectionPoolLimits) throws {
        var pool = Pool(limits: limits)
        _ = pool.release(try Self.open(&pool, 7), reusable: true, now: 10)
        guard case .discard(7) = pool.acquire(now: 60, deadline: .max, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
        #expect(pool.isEmpty)
    }

    @Test func closesAfterTheLastAllowedRequest() throws {
        var pool = Pool(limits: .init(requestsPerConnection: 1))
        let freed = pool.release(try Self.open(&pool, 1), reusable: true, now: 0)
        #expect(freed.close == 1)
    }

    @Test func aLowerLimitTakesEffectAsConnectionsComeBack() throws {
        var pool = Pool(limits: .init(connections: 3))
        let leases = try (1...3).map { try Self.open(&pool, $0) }
        pool.limit(connections: 1, waiters: 0)
        #expect(leases.map { pool.release($0, reusable: true, now: 1).close } == [1, 2, nil])
        guard case .reuse(let lease) = pool.acquire(now: 1, deadline: .max, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
        #expect(lease.connection == 3)
        guard case .exhausted = pool.acquire(now: 1, deadline: .max, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
    }

    @Test func discardsAConnectionThatThePeerClosed() throws {
        var pool = Pool(limits: .init())
        _ = pool.release(try Self.open(&pool, 1), reusable: true, now: 0)
        guard case .discard(1) = pool.acquire(now: 0, deadline: .max, isUsable: { _ in false }) else {
            throw Unexpected.action
        }
        guard case .connect = pool.acquire(now: 0, deadline: .max, isUsable: { _ in false }) else {
            throw Unexpected.action
        }
    }

    @Test func aFreshConnectionEvictsAnIdleOneWhenThePoolIsFull() throws {
        var pool = Pool(limits: .init(connections: 1))
        _ = pool.release(try Self.open(&pool, 1), reusable: true, now: 0)
        guard case .discard(1) = pool.acquire(now: 0, deadline: .max, mayReuse: false, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
        guard case .connect = pool.acquire(now: 0, deadline: .max, mayReuse: false, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
    }

    @Test func aFullPoolQueuesAndAFullQueueRefuses() throws {
        var pool = Pool(limits: .init(connections: 1, waiters: 1))
        let lease = try Self.open(&pool, 1)
        guard case .wait(let ticket) = pool.acquire(now: 0, deadline: 100, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
        guard case .exhausted = pool.acquire(now: 0, deadline: 100, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
        let freed = pool.release(lease, reusable: true, now: 5)
        #expect(freed.granted?.ticket == ticket)
        guard case .lease(let handed) = freed.granted?.grant else { throw Unexpected.action }
        #expect(handed.connection == 1)
        #expect(handed.served == 1)
        let cancelled = pool.cancel(ticket: ticket)
        #expect(!cancelled, "a granted ticket can no longer be cancelled")
    }

    @Test func aBrokenConnectionGivesItsSlotToAWaiter() throws {
        var pool = Pool(limits: .init(connections: 1))
        let lease = try Self.open(&pool, 1)
        _ = pool.acquire(now: 0, deadline: 100, isUsable: { _ in true })
        let freed = pool.release(lease, reusable: false, now: 5)
        #expect(freed.close == 1)
        guard case .connect = freed.granted?.grant else { throw Unexpected.action }
        let afterFailure = pool.connectFailed()
        #expect(afterFailure.granted == nil)
        #expect(pool.isEmpty)
    }

    @Test func waitersExpireAndShutdownDropsAllThatIsNotLeased() throws {
        var pool = Pool(limits: .init(connections: 2))
        let (first, second) = (try Self.open(&pool, 1), try Self.open(&pool, 2))
        _ = pool.acquire(now: 0, deadline: 100, isUsable: { _ in true })
        _ = pool.acquire(now: 0, deadline: 200, isUsable: { _ in true })
        let (expired, dropped) = (pool.expire(now: 100, isUsable: { _ in true }), pool.shutDown())
        #expect(expired.tickets == [1])
        #expect(dropped.tickets == [2])
        let freed = (pool.release(first, reusable: true, now: 0), pool.release(second, reusable: true, now: 0))
        #expect(freed.0.close == 1)
        #expect(freed.1.close == 2)
        guard case .shutDown = pool.acquire(now: 0, deadline: 1, isUsable: { _ in true }) else {
            throw Unexpected.action
        }
        #expect(pool.isEmpty)
    }
}
