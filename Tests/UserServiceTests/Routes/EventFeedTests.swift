import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct EventFeedTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    private func get(_ target: String) async throws -> RouteFixture.Answer {
        try await fixture.send(.get, target)
    }

    private func types(_ answer: RouteFixture.Answer) -> [String] {
        (answer.json["events"]?.array ?? []).compactMap { $0["type"]?.string }
    }

    @Test func eventsComeInOrderAndInPages() async throws {
        let login = try await fixture.logIn()
        let key = try await fixture.store.addKey(of: login.userID)
        _ = try await fixture.store.keys.rotate(id: key.id, of: login.userID, to: .random(), overlap: 1_000)
        _ = try await fixture.store.keys.delete(id: key.id, of: login.userID)
        _ = try await fixture.send(.delete, "/v1/sessions/current", as: login)
        let first = try await get("/internal/v1/events?limit=4")
        #expect(types(first) == ["user.created", "session.created", "api_key.created", "api_key.rotated"])
        #expect(first.json["next"] == .integer(4) && first.json["events"]?[0]?["sequence"] == .integer(1))
        let rest = try await get("/internal/v1/events?after=4")
        #expect(types(rest) == ["api_key.revoked", "session.revoked"])
        #expect(rest.json["events"]?[0]?["data"]?["key"]?["id"] == .string(key.id))
        #expect(rest.json["events"]?[1]?["data"]?["session"] == .string(login.sessionID))
        #expect(types(try await get("/internal/v1/events?after=6")).isEmpty)
        let rotated = try #require(first.json["events"]?[3]?["data"]?["key"])
        #expect(
            rotated.object?.map(\.name) == [
                "id", "user", "hash", "previous_hash", "previous_until", "scopes", "expires_at", "rate_limit",
            ])
        #expect(rotated["previous_hash"] == .string(Base64URL.encode(key.hash)))
    }

    @Test func aWaitEndsWithTheNextEvent() async throws {
        let login = try await fixture.logIn()
        async let waiting = get("/internal/v1/events?after=2&wait=30")
        _ = try await fixture.store.addKey(of: login.userID)
        #expect(types(try await waiting) == ["api_key.created"])
    }

    /// A consumer that is ahead, or behind what is kept, must not believe that nothing happened.
    @Test func aPositionThatIsNotOfThisFeedIsGone() async throws {
        _ = try await fixture.logIn()
        for after in ["3", "9223372036854775807"] {
            let answer = try await get("/internal/v1/events?after=\(after)&wait=30")
            #expect((answer.status, answer.code) == (410, "events_gone"))
        }
        fixture.store.clock.advance(milliseconds: EventStore.retention + 1)
        #expect(try await fixture.store.feed.removeOld() == 1)
        #expect(try await fixture.store.feed.removeOld() == 0)
        #expect(try await get("/internal/v1/events?after=0").status == 410)
        #expect(types(try await get("/internal/v1/events?after=1")) == ["session.created"])
    }

    /// A clock that was set back leaves events that seem older than those before them: they go no sooner.
    @Test func noEventGoesBeforeThoseThatItFollows() async throws {
        let login = try await fixture.logIn()
        fixture.store.clock.advance(seconds: 3_600)
        _ = try await fixture.store.addKey(of: login.userID)
        fixture.store.clock.advance(seconds: -3_600)
        for _ in 0..<2 { _ = try await fixture.store.addKey(of: login.userID) }
        fixture.store.clock.advance(milliseconds: EventStore.retention + 1)
        #expect(try await fixture.store.feed.removeOld() == 2)
        let answer = try await get("/internal/v1/events?after=3")
        #expect(types(answer) == ["api_key.created", "api_key.created"])
    }

    @Test(arguments: ["after=-1", "after=x", "wait=31", "limit=0", "limit=1001"])
    func queriesAreChecked(_ query: String) async throws {
        #expect(try await get("/internal/v1/events?\(query)").code == "bad_query")
    }

    @Test func aSnapshotHoldsLiveKeysAndWhereToGoOn() async throws {
        let login = try await fixture.logIn()
        let now = fixture.store.clock.now
        let keys = [
            try await fixture.store.addKey(of: login.userID),
            try await fixture.store.addKey(of: login.userID, expiresAt: now + 1_000),
            try await fixture.store.addKey(of: login.userID),
        ]
        fixture.store.clock.advance(milliseconds: EventStore.replayed + 1)
        _ = try await fixture.send(.delete, "/v1/sessions/current", as: login)
        let first = try await get("/internal/v1/api-keys?limit=1")
        #expect(first.json["keys"]?.array?.compactMap { $0["id"]?.string } == [keys[0].id])
        #expect(first.json["next"] == .string(keys[0].id))
        #expect(first.json["sequence"] == .integer(6) && first.json["replay_after"] == .integer(5))
        let rest = try await get("/internal/v1/api-keys?after=\(keys[0].id)")
        #expect(rest.json["keys"]?.array?.compactMap { $0["id"]?.string } == [keys[2].id])
        #expect(rest.json["next"] == .null)
        // From there the revocation is still seen.
        #expect(types(try await get("/internal/v1/events?after=5")) == ["session.revoked"])
    }

    @Test func aSnapshotOfAQuietOldFeedCanBeFollowed() async throws {
        let login = try await fixture.logIn()
        fixture.store.clock.advance(milliseconds: EventStore.retention + 1)
        _ = try await fixture.store.addKey(of: login.userID)
        _ = try await fixture.store.feed.removeOld()
        let after = try #require(try await get("/internal/v1/api-keys").json["replay_after"]?.integer)
        #expect(try await get("/internal/v1/events?after=\(after)").status == 200)
    }

    @Test func aKeyIsFoundByTheHashOfEitherSecret() async throws {
        let login = try await fixture.logIn()
        let (old, new) = (APIKeySecret.random(), APIKeySecret.random())
        let key = try await fixture.store.addKey(of: login.userID, secret: old)
        func find(_ secret: APIKeySecret) async throws -> RouteFixture.Answer {
            try await get("/internal/v1/api-keys/by-hash/\(Base64URL.encode(secret.hash))")
        }
        let found = try await find(old)
        #expect(found.json["key"]?["id"] == .string(key.id) && found.json["sequence"] == .integer(3))
        _ = try await fixture.store.keys.rotate(id: key.id, of: login.userID, to: new, overlap: 1_000)
        for secret in [old, new] { #expect(try await find(secret).json["key"]?["id"] == .string(key.id)) }
        _ = try await fixture.store.keys.rotate(id: key.id, of: login.userID, to: .random(), overlap: 0)
        for secret in [old, new] { #expect(try await find(secret).status == 404) }
        #expect(try await get("/internal/v1/api-keys/by-hash/junk").status == 404)
    }

    @Test func theLastUseIsWrittenDown() async throws {
        let login = try await fixture.logIn()
        let key = try await fixture.store.addKey(of: login.userID)
        let now = fixture.store.clock.now
        func report(_ at: Int64, _ id: String) async throws -> Int {
            try await fixture.send(
                .post, "/internal/v1/api-keys/usage", #"{"used":[{"id":"\#(id)","at":"\#(RFC3339.string(at))"}]}"#,
                identity: fixture.identity()
            ).status
        }
        func lastUse() async throws -> Int64? {
            try await fixture.store.keys.key(id: key.id, of: login.userID)?.lastUsedAt
        }
        #expect(try await report(now - 5_000, key.id) == 204)
        #expect(try await lastUse() == now - 5_000)
        #expect(try await report(now - 9_000, key.id) == 204)
        #expect(try await report(now, "key_x") == 204)
        #expect(try await lastUse() == now - 5_000)
        #expect(try await report(now + 60_000, key.id) == 204)
        #expect(try await lastUse() == now)
        #expect(try await fixture.store.events().last == "api_key.created")
        let wrong = try await fixture.send(
            .post, "/internal/v1/api-keys/usage", #"{"used":[{"id":"key_x"}]}"#)
        #expect(wrong.status == 422)
    }

    @Test("Gateways and payments-service follow; each begins with the snapshot that it needs")
    func callers() async throws {
        let (gateway, payments, stranger) = (
            try fixture.identity("gateway"), try fixture.identity("payments-service"), try fixture.identity("stranger")
        )
        for (path, callers) in [
            ("events", [gateway, payments]), ("api-keys", [gateway]), ("locked-users", [payments]),
        ] {
            for identity in [gateway, payments, stranger] {
                let answer = try await fixture.send(.get, "/internal/v1/\(path)", identity: identity)
                #expect(answer.status == (callers.contains(identity) ? 200 : 401), "\(path)")
            }
        }
    }

    @Test func locksComeInPagesWithWhereToGoOn() async throws {
        let ids = [
            try await fixture.store.addUser("a@example.com").id, try await fixture.store.addUser("b@example.com").id,
            try await fixture.store.addUser("c@example.com").id,
        ]
        for id in [ids[0], ids[2]] {
            try await fixture.store.database.write { transaction in
                _ = try transaction.execute(
                    "UPDATE users SET locked_at = 1, lock_reason = 'test' WHERE id = ?", .text(id))
            }
        }
        let payments = try fixture.identity("payments-service")
        let first = try await fixture.send(.get, "/internal/v1/locked-users?limit=1", identity: payments)
        #expect(first.json["users"] == .array([.string(ids[0])]))
        #expect(first.json["next"] == .string(ids[0]))
        #expect(first.json["sequence"] == .integer(3) && first.json["replay_after"] == .integer(0))
        let rest = try await fixture.send(.get, "/internal/v1/locked-users?after=\(ids[0])", identity: payments)
        #expect(rest.json["users"] == .array([.string(ids[2])]))
        #expect(rest.json["next"] == .null)
    }
}
