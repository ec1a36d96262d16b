import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct EventStoreTests {
    @Test("Both sides of a payment have its event, nobody else, before and after it was distributed")
    func sides() async throws {
        let bank = try await StoreFixture()
        let (ann, bob) = (try await bank.account(of: "ann", holding: 100), try await bank.account(of: "bob"))
        _ = try await bank.account(of: "eve", holding: 1)
        for turn in 0..<2 {
            _ = try await bank.store.pay(
                PaymentOrder(from: ann, to: bob, 10), to: .account(bob), for: bank.request(by: "ann", "p\(turn)"))
            for _ in 0..<2 {
                let ofAnn = try await bank.events(of: "ann")
                let ofBob = try await bank.events(of: "bob")
                let paid = Array(repeating: "payment.succeeded", count: turn + 1)
                #expect(ofAnn.events.map(\.type) == ["deposit.succeeded"] + paid)
                #expect(ofBob.events.map(\.type) == paid)
                #expect(ofBob.events == Array(ofAnn.events.dropFirst()))
                #expect(try await bank.events(of: "eve").events.map(\.type) == ["deposit.succeeded"])
                #expect(ofAnn.next == 3 + Int64(turn))
                #expect(!ofAnn.hasMore)
                _ = try await bank.store.distribute()
            }
        }
    }

    @Test func aPaymentToOneselfIsOneEvent() async throws {
        let bank = try await StoreFixture()
        let (one, two) = (try await bank.account(of: "ann", holding: 5), try await bank.account(of: "ann"))
        _ = try await bank.store.pay(
            PaymentOrder(from: one, to: two, 5), to: .account(two), for: bank.request(by: "ann", "p"))
        for _ in 0..<2 {
            #expect(try await bank.events(of: "ann").events.map(\.sequence) == [1, 2])
            _ = try await bank.store.distribute()
        }
    }

    @Test("A position behind the last event is one of another feed")
    func positionOfAnotherFeed() async throws {
        let bank = try await StoreFixture()
        #expect(try await bank.store.events(of: "ann", EventQuery(after: 1)) == nil)
        #expect(try await bank.events(of: "ann") == EventPage(events: [], next: 0, hasMore: false))
        _ = try await bank.account(of: "ann", holding: 5)
        #expect(try await bank.store.events(of: "ann", EventQuery(after: 1))?.events == [])
        #expect(try await bank.store.events(of: "ann", EventQuery(after: 2)) == nil)
    }

    @Test("A page is looked for in so many rows and no more")
    func scanIsBounded() async throws {
        let bank = try await StoreFixture()
        for index in 0..<10 { try await bank.record(index == 9 ? .depositFailed : .depositSucceeded, of: "ann") }
        for distributed in [0, 4, 10] {
            if distributed > 0 { _ = try await bank.store.distribute(limit: distributed == 4 ? 4 : 6) }
            var (query, pages, found) = (EventQuery(types: ["deposit.failed"]), 0, [Int64]())
            repeat {
                let page = try #require(try await bank.store.events(of: "ann", query, scanning: 3))
                #expect(page.next > query.after)
                found += page.events.map(\.sequence)
                query.after = page.next
                pages += 1
                if !page.hasMore { break }
            } while pages < 20
            #expect(found == [10], "\(distributed) distributed")
            #expect((3...4).contains(pages), "\(pages) pages with \(distributed) distributed")
        }
    }

    @Test("What has not been distributed stays, and so does the last event")
    func purge() async throws {
        let bank = try await StoreFixture()
        for _ in 0..<7 { try await bank.record(.depositSucceeded, of: "ann", and: "bob") }
        bank.clock.advance(seconds: 100)
        #expect(try await bank.store.purgeEvents(olderThan: 50_000) == 0)
        _ = try await bank.store.distribute(limit: 3)
        #expect(try await bank.store.purgeEvents(olderThan: 200_000) == 0)
        #expect(try await bank.store.purgeEvents(olderThan: 50_000, windowSize: 2) == 3)
        #expect(try await bank.count("user_events") == 0)
        _ = try await bank.store.distribute()
        try await bank.record(.depositSucceeded, of: "ann")
        #expect(try await bank.store.purgeEvents(olderThan: 50_000, windowSize: 2) == 4)
        #expect(try await bank.events(of: "ann").events.map(\.sequence) == [8])
        _ = try await bank.store.distribute()
        bank.clock.advance(seconds: 100)
        #expect(try await bank.store.purgeEvents(olderThan: 50_000) == 0)
        try await bank.record(.depositSucceeded, of: "ann")
        #expect(try await bank.events(of: "ann").events.map(\.sequence) == [8, 9])
    }

    @Test("Whatever is recorded, distributed and removed in whatever order, pages are what a model says")
    func randomHistory() async throws {
        var random = SeededGenerator.announced()
        let bank = try await StoreFixture()
        let users = ["ann", "bob", "eve"]
        var model: [(sequence: Int64, type: String, users: Set<String>)] = []
        for step in 1...400 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...5:
                let kind = Event.Kind.allCases.randomElement(using: &random) ?? .depositFailed
                let (owner, other) = (users.randomElement(using: &random)!, users.randomElement(using: &random))
                try await bank.record(kind, of: owner, and: other)
                model.append((Int64(model.count + 1), kind.rawValue, Set([owner] + [other].compactMap { $0 })))
            case 6:
                _ = try await bank.store.distribute(limit: Int.random(in: 1...20, using: &random))
            default:
                let user = users.randomElement(using: &random)!
                let types = Event.Kind.allCases.filter { _ in random.chance(0.5) }.map(\.rawValue)
                let after = Int64.random(in: 0...Int64(model.count), using: &random)
                var query = EventQuery(after: after, limit: Int.random(in: 1...7, using: &random))
                query.types = types.isEmpty ? nil : Set(types)
                let most = Int64.random(in: 1...30, using: &random)
                var found: [Int64] = []
                for _ in 0...model.count {
                    let page = try #require(try await bank.store.events(of: user, query, scanning: most))
                    #expect(page.events.count <= query.limit)
                    found += page.events.map(\.sequence)
                    query.after = page.next
                    if !page.hasMore { break }
                }
                let expected = model.filter { event in
                    event.sequence > after && event.users.contains(user)
                        && (query.types?.contains(event.type) ?? true)
                }
                #expect(found == expected.map(\.sequence), "step \(step)")
                #expect(query.after == Int64(model.count), "step \(step)")
            }
        }
    }
}

extension StoreFixture {
    func events(of user: String, _ query: EventQuery = EventQuery(limit: 100)) async throws -> EventPage {
        try #require(try await store.events(of: user, query))
    }

    /// Writes an event of its own, at the time of the clock.
    func record(_ kind: Event.Kind, of owner: String, and other: String? = nil) async throws {
        let event = Event(
            id: store.identifiers.make("evt"), type: kind, owner: owner, otherOwner: other,
            data: Array(#"{"id":"dep_1"}"#.utf8), createdAt: clock.now)
        try await database.write { try $0.insert(event) }
    }
}
