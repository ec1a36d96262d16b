import Chassis
import JSON
import Logging
import Storage
import StorageSupport
import Synchronization
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct WebhookRelayTests {
    @Test("Each side's endpoint gets what it asked for, as the list shows it")
    func delivers() async throws {
        let bank = try await StoreFixture()
        let (ann, bob) = (try await bank.account(of: "ann", holding: 100), try await bank.account(of: "bob"))
        let all = try await bank.endpoint(of: "ann")
        let payments = try await bank.endpoint(of: "bob", types: ["payment.succeeded"])
        let failures = try await bank.endpoint(of: "bob", types: ["deposit.failed"])
        let sender = ScriptedSender()
        try await bank.delivering(to: sender) { _ in
            _ = try await bank.store.pay(
                PaymentOrder(from: ann, to: bob, 10), to: .account(bob), for: bank.request(by: "ann", "p"))
            try await bank.deposit(5, into: ann, of: "ann")
            try await bank.deposit(6, into: bob, of: "bob")
            try await waitUntil("all is delivered") {
                let (ofAnn, ofBob) = (
                    try await bank.deliveries(to: all, .delivered), try await bank.deliveries(to: payments, .delivered)
                )
                return ofAnn.count == 2 && ofBob.count == 1
            }
        }
        let listed = try await bank.events(of: "ann").events
        // What happened before there was an endpoint is not sent.
        let bodies = sender.sent(to: all).map(\.body)
        #expect(Set(bodies) == Set(listed.dropFirst().map(\.json)))
        #expect(sender.sent(to: payments).map(\.body) == [listed[1].json])
        #expect(sender.sent(to: failures).isEmpty)
        #expect(try await bank.store.webhookBacklog().pending == 0)
        let exposition = String(decoding: bank.metrics.exposition(), as: UTF8.self)
        #expect(exposition.contains(#"payments_webhook_attempts_total{result="delivered"} 3"#))
    }

    /// While the store says what is pending, attempts end: what it says is older than that.
    @Test("What has arrived is not sent again because it was looked for while it arrived")
    func oncePerArrival() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let sender = ScriptedSender()
        try await bank.delivering(to: sender) { _ in
            for _ in 0..<1_000 { try await bank.record(.depositSucceeded, of: "ann") }
            try await waitUntil("all is delivered") {
                try await bank.deliveries(to: endpoint, .delivered).count == 1_000
            }
        }
        #expect(sender.sent.count == 1_000)
    }

    @Test("What arrives while the service stops is not sent again by the next one")
    func arrivesAtTheEnd() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        // The receiver takes what comes, and answers when we are about to go.
        let sender = ScriptedSender { sent in
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
            return sent.delivery.type == "deposit.succeeded" ? .answered(200) : .failed("cancelled")
        }
        try await bank.delivering(to: sender) { _ in
            try await bank.record(.depositSucceeded, of: "ann")
            try await bank.record(.depositFailed, of: "ann")
            try await waitUntil("both are under way") { sender.sent.count == 2 }
        }
        let delivered = try await bank.deliveries(to: endpoint, .delivered)
        #expect(delivered.map(\.type) == ["deposit.succeeded"])
        // What was cut off is nobody's failure.
        let pending = try await bank.deliveries(to: endpoint, .pending)
        #expect(pending.map(\.type) == ["deposit.failed"] && pending.allSatisfy { $0.attempts == 0 })
    }

    /// The disk is full, say, for as long as somebody wants.
    private final class RefusingDatabase: DatabaseOverlay {
        let base: any Database
        let refuses = Flag()
        let accepts = Flag()
        let refused = Atomic(0)

        init(_ base: any Database) { self.base = base }

        func write<T: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> T) async throws -> T {
            guard !refuses.isSet || accepts.isSet else {
                refused.wrappingAdd(1, ordering: .relaxed)
                throw DatabaseError.unavailable(message: "the disk is full")
            }
            return try await base.write(body)
        }
    }

    @Test("What has arrived is not sent again because that cannot be written down")
    func unwritable() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let database = RefusingDatabase(bank.database)
        let sender = ScriptedSender()
        let relay = bank.relay(
            sender, on: PaymentsStore(database: database, identifiers: bank.store.identifiers, clock: bank.clock))
        database.refuses.set()
        for _ in 0..<2 { try await bank.record(.depositSucceeded, of: "ann") }
        relay.wake(try await bank.store.distribute().endpoints)
        let running = Task { await relay.run() }
        try await waitUntil("it was to be written down more than once") {
            // Past every wait of the endpoint's.
            bank.clock.advance(seconds: 60)
            return database.refused.load(ordering: .relaxed) >= 10
        }
        #expect(sender.sent.count == 2)
        database.accepts.set()
        try await waitUntil("it is written down") {
            bank.clock.advance(seconds: 60)
            return try await bank.deliveries(to: endpoint, .delivered).count == 2
        }
        running.cancel()
        await running.value
        #expect(sender.sent.count == 2)
    }

    @Test("A clock that was set back lets nothing wait that was never tried")
    func clockWasSetBack() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        for _ in 0..<3 { try await bank.record(.depositSucceeded, of: "ann") }
        _ = try await bank.store.distribute()
        bank.clock.advance(seconds: -3_600)
        try await bank.delivering(to: ScriptedSender()) { _ in
            try await bank.record(.depositSucceeded, of: "ann")
            try await waitUntil("all is delivered") {
                try await bank.deliveries(to: endpoint, .delivered).count == 4
            }
        }
    }

    @Test("A test of an endpoint that is gone by then, or takes nothing any more, leaves nothing behind")
    func testOfAnEndpointThatIsGone() async throws {
        let bank = try await StoreFixture()
        let (gone, disabled) = (try await bank.endpoint(of: "ann"), try await bank.endpoint(of: "ann"))
        let seen = try #require(try await bank.store.webhookEndpoint(gone))
        #expect(try await bank.store.remove(webhookEndpoint: gone, of: "ann"))
        try await bank.store.purgeDeliveries(olderThan: 1_000)
        #expect(try await bank.store.testWebhook(seen) == nil)
        let enabled = try #require(try await bank.store.webhookEndpoint(disabled))
        _ = try await bank.store.change(
            webhookEndpoint: disabled, of: "ann", by: WebhookEndpointOrder(isEnabled: false)
        ) { _ in true }
        #expect(try await bank.store.testWebhook(enabled) == nil)
        #expect(try await bank.count("webhook_deliveries") == 0)
    }

    @Test("A dead endpoint keeps no other one waiting, however much is pending for it")
    func deadBesideHealthy() async throws {
        let bank = try await StoreFixture()
        let (dead, healthy) = (try await bank.endpoint(of: "ann"), try await bank.endpoint(of: "ann"))
        let release = Flag()
        let sender = ScriptedSender { sent in
            guard sent.endpoint == dead else { return .answered(204) }
            // It hangs until the end of the test.
            while !release.isSet, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
            return .failed("deadline_exceeded_head")
        }
        try await bank.delivering(to: sender) { _ in
            for _ in 0..<60 { try await bank.record(.depositSucceeded, of: "ann") }
            try await waitUntil("the healthy one has all") {
                try await bank.deliveries(to: healthy, .delivered).count == 60
            }
            #expect(sender.mostAtATime(to: dead) <= EndpointQueue.width)
            #expect(sender.mostAtATime(to: healthy) <= EndpointQueue.width)
            #expect(try await bank.deliveries(to: dead, .pending).count == 60)
            release.set()
            // The clock stands still: what has failed is not due again, and a failing endpoint is left alone.
            try await waitUntil("its attempts have ended") {
                try await bank.deliveries(to: dead).filter { $0.attempts > 0 }.count == sender.sent(to: dead).count
            }
            #expect(sender.sent(to: dead).count <= EndpointQueue.width)
            #expect(try await bank.store.webhookEndpoint(dead)?.failingSince == bank.clock.now)
        }
    }

    @Test("What failed is sent again until it arrives, and then all that waited")
    func retries() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let works = Flag()
        let sender = ScriptedSender { _ in works.isSet ? .answered(200) : .answered(503) }
        try await bank.delivering(to: sender) { _ in
            for _ in 0..<10 { try await bank.record(.depositSucceeded, of: "ann") }
            try await waitUntil("it was tried") { !sender.sent.isEmpty }
            for attempts in 2...4 {
                // Past every wait of the endpoint's.
                try await waitUntil("it is tried again") {
                    bank.clock.advance(seconds: 10)
                    return sender.sent.count >= EndpointQueue.width + attempts
                }
            }
            let failed = try await bank.deliveries(to: endpoint).filter { $0.attempts > 0 }
            #expect(failed.allSatisfy { $0.responseStatus == 503 && $0.failure == "status_5xx" })
            works.set()
            try await waitUntil("all is delivered") {
                bank.clock.advance(seconds: 60)
                return try await bank.deliveries(to: endpoint, .delivered).count == 10
            }
            #expect(try await bank.store.webhookEndpoint(endpoint)?.failingSince == nil)
        }
    }

    @Test("When one arrives after an outage, all that waited for it is due")
    func recovery() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let works = Flag()
        let sender = ScriptedSender { _ in works.isSet ? .answered(200) : .failed("connection_refused") }
        try await bank.delivering(to: sender) { _ in
            try await bank.record(.depositSucceeded, of: "ann")
            try await waitUntil("the next attempt is ten minutes away") {
                guard let waiting = try await bank.deliveries(to: endpoint).first, let next = waiting.nextAttemptAt,
                    next > bank.clock.now
                else { return false }
                if waiting.attempts > 8 { return true }
                // Past the wait of the endpoint, too.
                bank.clock.advance(milliseconds: next - bank.clock.now + 60_000)
                return false
            }
            works.set()
            // Past the wait of the endpoint, not that of the delivery.
            bank.clock.advance(seconds: 60)
            #expect(try await bank.deliveries(to: endpoint, .pending).count == 1)
            try await bank.record(.depositSucceeded, of: "ann")
            try await waitUntil("all is delivered") {
                try await bank.deliveries(to: endpoint, .delivered).count == 2
            }
        }
    }

    @Test("An endpoint that asks to be left alone is, for all its deliveries")
    func retryAfter() async throws {
        let bank = try await StoreFixture()
        let (polite, other) = (try await bank.endpoint(of: "ann"), try await bank.endpoint(of: "ann"))
        let isBusy = Flag()
        isBusy.set()
        let sender = ScriptedSender { sent in
            guard sent.endpoint == polite, isBusy.isSet else { return .answered(200) }
            return .answered(503, leftAlone: 1_800_000)
        }
        try await bank.delivering(to: sender) { _ in
            try await bank.record(.depositSucceeded, of: "ann")
            try await waitUntil("it asks") {
                try await bank.deliveries(to: polite).first?.responseStatus == 503
            }
            for _ in 0..<20 { try await bank.record(.depositSucceeded, of: "ann") }
            bank.clock.advance(milliseconds: 1_799_999)
            try await waitUntil("the other one has all") {
                try await bank.deliveries(to: other, .delivered).count == 21
            }
            #expect(sender.sent(to: polite).count == 1)
            isBusy.clear()
            bank.clock.advance(milliseconds: 1)
            try await waitUntil("all is delivered") {
                bank.clock.advance(seconds: 10)
                return try await bank.deliveries(to: polite, .delivered).count == 21
            }
        }
    }

    /// Follows a feed of user-service of which a test says the next page.
    private func feed(_ bank: StoreFixture, _ relay: WebhookRelay) -> (ScriptedFeed, FeedFollower) {
        let feed = ScriptedFeed(snapshots: [LockSnapshot(users: [], sequence: 0, replayAfter: 0)])
        let revocations = Revocations { 0 }
        revocations.onUnlock { relay.takeUp() }
        let follower = FeedFollower(
            feed: feed, store: RevocationStore(database: bank.database), revocations: revocations, position: nil,
            metrics: FeedMetrics(MetricsRegistry()), clock: bank.clock, logger: Logger(label: "test"))
        return (feed, follower)
    }

    @Test("While a user is locked nothing leaves; what has happened by then does when the lock is gone")
    func lockedUser() async throws {
        let bank = try await StoreFixture()
        let (held, other) = (try await bank.endpoint(of: "ann"), try await bank.endpoint(of: "bob"))
        let sender = ScriptedSender {
            $0.endpoint == held && bank.clock.now == 1_700_000_000_000 ? .answered(500) : .answered(200)
        }
        try await bank.delivering(to: sender) { relay in
            let (feed, follower) = feed(bank, relay)
            try await bank.record(.depositSucceeded, of: "ann")
            try await waitUntil("it was tried") { try await bank.deliveries(to: held).first?.attempts == 1 }
            feed.then(.events(from: 1, .ended(.lockedUser, "ann")))
            await follower.follow()
            bank.clock.advance(seconds: 3_600)
            for owner in ["ann", "bob"] { try await bank.record(.depositSucceeded, of: owner) }
            try await waitUntil("the others hear") { try await bank.deliveries(to: other, .delivered).count == 1 }
            try await waitUntil("all is distributed") { try await bank.store.eventBacklog().length == 0 }
            #expect(try await bank.store.endpointsWithDeliveries(after: "").isEmpty)
            #expect(try await bank.store.webhookBacklog().oldestDue == nil)
            #expect(try await bank.deliveries(to: held, .pending).count == 2 && sender.sent(to: held).count == 1)
            feed.then(.events(from: 2, .unlocked("ann")))
            await follower.follow()
            try await waitUntil("what was held is delivered") {
                bank.clock.advance(seconds: 60)
                return try await bank.deliveries(to: held, .delivered).count == 2
            }
        }
    }

    @Test("What has waited for a slot while its owner was locked is not sent")
    func lockedWhileWaiting() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let sender = ScriptedSender()
        let relay = bank.relay(sender)
        try await bank.record(.depositSucceeded, of: "ann")
        _ = try await bank.store.distribute()
        try await RevocationStore(database: bank.database).begin(
            with: ["ann"], at: FeedPosition(position: 1, locksReadAt: 1))
        #expect(try await bank.store.receivingWebhookEndpoint(endpoint) == nil)
        #expect(try await bank.store.webhookEndpoint(endpoint)?.isEnabled == true)
        let running = Task { await relay.run() }
        relay.wake(endpoint)
        // Three days later it is a dead letter that was never sent.
        bank.clock.advance(milliseconds: DeliverySchedule.lifetime + 1)
        #expect(try await bank.store.expireDeliveries() == 1)
        #expect(try await bank.deliveries(to: endpoint).first?.failure == "expired")
        running.cancel()
        await running.value
        #expect(sender.sent.isEmpty)
    }

    @Test("Of an erased user nothing is left to be told, and nothing begins")
    func erasedUser() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let sender = ScriptedSender { _ in .answered(500) }
        try await bank.delivering(to: sender) { relay in
            let (feed, follower) = feed(bank, relay)
            try await bank.record(.depositSucceeded, of: "ann")
            try await waitUntil("it was tried") { try await bank.deliveries(to: endpoint).first?.attempts == 1 }
            feed.then(.events(from: 1, .ended(.erasedUser, "ann")))
            await follower.follow()
            #expect(try await bank.store.webhookEndpoint(endpoint) == nil)
            bank.clock.advance(seconds: 3_600)
            try await bank.record(.depositSucceeded, of: "ann")
            try await waitUntil("all is distributed") { try await bank.store.eventBacklog().length == 0 }
            try await bank.store.purgeDeliveries(olderThan: 1_000_000_000)
            #expect(try await bank.count("webhook_deliveries") == 0)
            #expect(sender.sent.count == 1)
        }
    }

    @Test("What a crash interrupts is sent again")
    func crash() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let hanging = ScriptedSender { _ in
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
            // It may well have arrived, and nobody knows.
            return .failed("cancelled")
        }
        try await bank.delivering(to: hanging) { _ in
            for _ in 0..<3 { try await bank.record(.depositSucceeded, of: "ann") }
            try await waitUntil("all are under way") { hanging.sent.count == 3 }
        }
        let successor = try await bank.restarted()
        #expect(try await successor.deliveries(to: endpoint, .pending).count == 3)
        let sender = ScriptedSender()
        try await successor.delivering(to: sender) { _ in
            try await waitUntil("all is delivered") {
                try await successor.deliveries(to: endpoint, .delivered).count == 3
            }
        }
        #expect(Set(sender.sent.map(\.delivery.id)) == Set(hanging.sent.map(\.delivery.id)))
    }

    @Test("A crash between the commit of an event and its distribution loses nothing, and repeats nothing")
    func crashBeforeDistribution() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        for _ in 0..<5 { try await bank.record(.depositSucceeded, of: "ann") }
        _ = try await bank.store.distribute(limit: 2)
        let successor = try await bank.restarted()
        let sender = ScriptedSender()
        try await successor.delivering(to: sender) { _ in
            try await waitUntil("all is delivered") {
                try await successor.deliveries(to: endpoint, .delivered).count == 5
            }
        }
        #expect(sender.sent.count == 5)
        #expect(Set(sender.sent.map(\.delivery.event)).count == 5)
    }

    @Test("After three days in which nothing arrived, deliveries are dead letters and the endpoint is disabled")
    func disabling() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let works = Flag()
        let sender = ScriptedSender { _ in works.isSet ? .answered(200) : .failed("connection_refused") }
        try await bank.delivering(to: sender) { relay in
            for _ in 0..<3 { try await bank.record(.depositSucceeded, of: "ann") }
            try await waitUntil("the endpoint is disabled", timeout: .seconds(60)) {
                bank.clock.advance(seconds: 900)
                // Once its deliveries are given up, it fails only when there is another.
                if try await bank.store.webhookBacklog().pending == 0 {
                    try await bank.record(.depositSucceeded, of: "ann")
                }
                return try await bank.store.webhookEndpoint(endpoint)?.isEnabled == false
            }
            let disabled = try #require(try await bank.store.webhookEndpoint(endpoint))
            #expect(disabled.disabledReason == .failing)
            bank.clock.advance(milliseconds: DeliverySchedule.lifetime)
            try await waitUntil("all is distributed") { try await bank.store.eventBacklog().length == 0 }
            _ = try await bank.store.expireDeliveries(windowSize: 1)
            let all = try await bank.deliveries(to: endpoint)
            #expect(all.count >= 3 && all.allSatisfy { $0.status == .dead && $0.failure != nil })
            #expect(all.suffix(3).allSatisfy { $0.failure == "connection_refused" })
            let backlog = try await bank.store.webhookBacklog()
            #expect(backlog == WebhookBacklog(pending: 0, dead: all.count, oldestDue: nil))

            // Nothing is kept for it while it is disabled.
            try await bank.record(.depositSucceeded, of: "ann")
            try await waitUntil("it is distributed") { try await bank.store.eventBacklog().length == 0 }
            #expect(try await bank.deliveries(to: endpoint).count == all.count)

            works.set()
            let enabled = try await bank.store.change(
                webhookEndpoint: endpoint, of: "ann", by: WebhookEndpointOrder(isEnabled: true), if: { _ in true })
            guard case .changed(let changed) = enabled else { throw Unexpected(enabled) }
            #expect(changed.failingSince == nil && changed.disabledReason == nil)
            let dead = try #require(try await bank.deliveries(to: endpoint, .dead).last)
            #expect(try await bank.store.redeliver(dead.id, to: endpoint)?.status == .pending)
            relay.wake(endpoint)
            try await waitUntil("the dead letter is delivered") {
                try await bank.deliveries(to: endpoint, .delivered).map(\.id) == [dead.id]
            }
        }
    }

    @Test("An endpoint for which too much waits is disabled")
    func backlog() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        let other = try await bank.endpoint(of: "ann", types: ["deposit.failed"])
        for _ in 0..<7 { try await bank.record(.depositSucceeded, of: "ann") }
        try await bank.record(.depositFailed, of: "ann")
        let distributed = try await bank.store.distribute(mostPending: 5)
        #expect(distributed == Distribution(count: 8, endpoints: [endpoint, other]))
        #expect(try await bank.deliveries(to: endpoint, .pending).count == 5)
        #expect(try await bank.store.webhookEndpoint(endpoint)?.disabledReason == .backlog)
        #expect(try await bank.store.webhookEndpoint(other)?.isEnabled == true)
        #expect(try await bank.store.webhookBacklog().pending == 6)
    }

    @Test("What is removed takes its deliveries along, and so do closed accounts")
    func removal() async throws {
        let bank = try await StoreFixture()
        let (one, two) = (try await bank.endpoint(of: "ann"), try await bank.endpoint(of: "bob"))
        for _ in 0..<7 { try await bank.record(.depositSucceeded, of: "ann", and: "bob") }
        _ = try await bank.store.distribute()
        #expect(try await bank.store.remove(webhookEndpoint: one, of: "bob") == false)
        #expect(try await bank.store.remove(webhookEndpoint: one, of: "ann"))
        #expect(try await bank.store.remove(webhookEndpoint: one, of: "ann") == false)
        try await bank.store.purgeDeliveries(olderThan: 1_000, windowSize: 2)
        #expect(try await bank.deliveries(to: one).isEmpty)
        #expect(try await bank.deliveries(to: two).count == 7)
        _ = try await bank.store.closeAccounts(of: "bob")
        #expect(try await bank.store.webhookEndpoint(two) == nil)
        try await bank.store.purgeDeliveries(olderThan: 1_000, windowSize: 7)
        #expect(try await bank.count("webhook_deliveries") == 0)
        #expect(try await bank.count("removed_webhook_endpoints") == 0)
    }

    @Test("Finished deliveries are kept for a while; what is pending stays")
    func purge() async throws {
        let bank = try await StoreFixture()
        let endpoint = try await bank.endpoint(of: "ann")
        for _ in 0..<5 { try await bank.record(.depositSucceeded, of: "ann") }
        _ = try await bank.store.distribute()
        for delivery in try await bank.deliveries(to: endpoint).prefix(4) {
            try await bank.store.settle(delivery, .answered(200), random: 0)
            // Again changes nothing: it was settled.
            try await bank.store.settle(delivery, .answered(500), random: 0)
        }
        #expect(try await bank.store.webhookBacklog().pending == 1)
        bank.clock.advance(seconds: 10)
        try await bank.store.purgeDeliveries(olderThan: 20_000, windowSize: 3)
        #expect(try await bank.deliveries(to: endpoint).count == 5)
        try await bank.store.purgeDeliveries(olderThan: 5_000, windowSize: 3)
        #expect(try await bank.deliveries(to: endpoint).map(\.status) == [.pending])
    }
}
