import TestSupport
import Testing

@testable import HTTP

/// Plays random events against the pool beside a model that only knows where each connection and ticket must be.
private struct PoolModel {
    var pool: ConnectionPool<Int>
    var random: SeededGenerator
    var now: UInt64 = 0
    var opening = 0
    var leases: [ConnectionPool<Int>.Lease] = []
    var idle: [Int: UInt64] = [:]
    var dead: Set<Int> = []
    var closed: Set<Int> = []
    var waiting: [UInt64: UInt64] = [:]
    var nextConnection = 0

    init(random generator: SeededGenerator) {
        random = generator
        let limits = ConnectionPoolLimits(
            connections: Int.random(in: 1...6, using: &random), waiters: Int.random(in: 0...4, using: &random),
            idleTimeout: UInt64.random(in: 1...60, using: &random),
            maximumAge: UInt64.random(in: 20...400, using: &random),
            requestsPerConnection: Int.random(in: 1...8, using: &random)
        )
        pool = ConnectionPool(limits: limits)
    }

    mutating func step() {
        now += UInt64.random(in: 0...5, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0...4: acquire()
        case 5...7: release()
        case 8: finishConnect()
        case 9: if let victim = idle.keys.sorted().randomElement(using: &random) { dead.insert(victim) }
        case 10: expire()
        default: cancel()
        }
        checkCounts()
    }

    mutating func acquire() {
        let deadline = now + UInt64.random(in: 1...40, using: &random)
        let mayReuse = random.chance(0.9)
        let isUsable = { [dead] in !dead.contains($0) }
        while true {
            switch pool.acquire(now: now, deadline: deadline, mayReuse: mayReuse, isUsable: isUsable) {
            case .discard(let connection):
                check(idle.removeValue(forKey: connection) != nil)
                close(connection)
                continue
            case .reuse(let lease): take(lease, mayReuse: mayReuse)
            case .connect: opening += 1
            case .wait(let ticket):
                check(waiting.updateValue(deadline, forKey: ticket) == nil, "tickets are never reused")
            case .exhausted:
                check(waiting.count == pool.limits.waiters)
                check(leases.count + opening == pool.limits.connections, "refused only when all are busy")
            case .shutDown: check(pool.isShutDown)
            }
            return
        }
    }

    mutating func take(_ lease: ConnectionPool<Int>.Lease, mayReuse: Bool) {
        check(mayReuse)
        check(!dead.contains(lease.connection), "a dead connection is never handed out")
        check(lease.served < pool.limits.requestsPerConnection)
        check(now < lease.openedAt + pool.limits.maximumAge)
        guard let since = idle.removeValue(forKey: lease.connection) else {
            Issue.record("connection \(lease.connection) was not idle")
            return
        }
        check(idle.values.allSatisfy { $0 <= since }, "the most recently used comes first")
        leases.append(lease)
    }

    mutating func release() {
        guard let index = leases.indices.randomElement(using: &random) else { return }
        let lease = leases.remove(at: index)
        let freed = pool.release(lease, reusable: Int.random(in: 0..<4, using: &random) > 0, now: now)
        apply(freed, of: lease.connection)
    }

    mutating func finishConnect() {
        guard opening > 0 else { return }
        opening -= 1
        guard Int.random(in: 0..<4, using: &random) > 0 else { return apply(pool.connectFailed(), of: nil) }
        nextConnection += 1
        leases.append(pool.connected(nextConnection, now: now))
    }

    mutating func apply(_ freed: ConnectionPool<Int>.Freed, of connection: Int?) {
        if let closing = freed.close {
            check(closing == connection)
            close(closing)
        }
        if let parked = freed.parked {
            check(parked == connection)
            idle[parked] = now
        }
        guard let (ticket, grant) = freed.granted else { return }
        check(ticket == waiting.keys.min(), "waiters are served in order")
        waiting[ticket] = nil
        switch grant {
        case .lease(let lease):
            check(lease.connection == connection)
            leases.append(lease)
        case .connect: opening += 1
        }
    }

    mutating func expire() {
        let expired = pool.expire(now: now, isUsable: { [dead] in !dead.contains($0) })
        for connection in expired.close {
            check(idle.removeValue(forKey: connection) != nil)
            close(connection)
        }
        check(idle.keys.allSatisfy { !dead.contains($0) })
        check(idle.values.allSatisfy { now < $0 + pool.limits.idleTimeout })
        check(Set(expired.tickets) == Set(waiting.filter { $0.value <= now }.keys))
        for ticket in expired.tickets { waiting[ticket] = nil }
    }

    mutating func cancel() {
        guard let ticket = waiting.keys.sorted().randomElement(using: &random) else { return }
        let (first, second) = (pool.cancel(ticket: ticket), pool.cancel(ticket: ticket))
        check(first && !second)
        waiting[ticket] = nil
    }

    /// `#expect` costs too much for half a million checks.
    private func check(
        _ condition: Bool, _ rule: String = "see the line", _ location: SourceLocation = #_sourceLocation
    ) {
        if !condition { Issue.record("\(rule)", sourceLocation: location) }
    }

    mutating func close(_ connection: Int) {
        check(closed.insert(connection).inserted, "a connection is closed once")
    }

    func checkCounts() {
        let open = idle.count + leases.count + opening
        check(open <= pool.limits.connections)
        check(pool.idleCount == idle.count && pool.leased == leases.count && pool.connecting == opening)
        check(pool.waiterCount == waiting.count && waiting.count <= pool.limits.waiters)
        if !waiting.isEmpty {
            check(leases.count + opening == pool.limits.connections, "nobody waits beside a free connection")
        }
    }

    /// Ends it all: every connection that was ever opened is closed exactly once.
    mutating func drain() {
        let expired = pool.shutDown()
        for connection in expired.close { close(connection) }
        check(Set(expired.tickets) == Set(waiting.keys))
        idle = [:]
        waiting = [:]
        while opening > 0 { finishConnect() }
        while !leases.isEmpty { release() }
        check(pool.isEmpty)
        check(closed.count == nextConnection)
    }
}

@Suite struct ConnectionPoolRandomTests {
    @Test func keepsItsInvariants() {
        var generator = SeededGenerator.announced()
        for _ in 0..<20 {
            var model = PoolModel(random: SeededGenerator(seed: generator.next()))
            for _ in 0..<300 { model.step() }
            model.drain()
        }
    }
}
