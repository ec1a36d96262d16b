import Chassis
import Crypto
import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

@testable import Gateway

/// Users who are locked, or have other roles than their tokens say.
@Suite struct LockTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}" }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        projection: { upstream: users, lookups_per_second: 50, unknown_for: 100ms, report_uses: 1h }
        routes:
          - { name: read, path: /read, upstream: payments, auth: [token, api_key] }
          - { name: admin, path: /admin, upstream: payments, roles: [support, admin] }
        """

    private func run(
        monotonic: @escaping @Sendable () -> UInt64 = { CoarseClock.milliseconds() },
        _ body: @Sendable (GatewayFixture, FakeUserService, IdentityProjection) async throws -> Void
    ) async throws {
        try await GatewayFixture.run(Self.yaml, monotonic: monotonic) { gateway in
            let service = FakeUserService()
            gateway.users.answer(service.answer)
            try await body(gateway, service, try #require(gateway.gateway.projection))
        }
    }

    private func token(_ gateway: GatewayFixture, roles: String) -> String {
        TestIssuer.sign(claims: TestIssuer.claims(now: gateway.clock.now, changing: "roles", to: roles))
    }

    private func send(
        _ gateway: GatewayFixture, _ path: String = "/read", token: String
    ) async throws -> (status: Int, text: String, challenge: String?) {
        let answer = try await gateway.send(.get, path, fields: [.authorization: "Bearer \(token)"])
        return (answer.status, answer.text, answer.fields[.wwwAuthenticate])
    }

    @Test func aLockedUsersTokensAreRefusedUntilHeIsUnlocked() async throws {
        try await run { gateway, service, projection in
            let token = token(gateway, roles: #"["user"]"#)
            await projection.follow()
            #expect(try await send(gateway, token: token).status == 200)
            service.lock("usr_2")
            await projection.follow()
            #expect(try await send(gateway, token: token).status == 200)

            service.lock("usr_1")
            await projection.follow()
            for _ in 0..<2 {
                let answer = try await send(gateway, token: token)
                #expect(answer.status == 401 && answer.text.contains("invalid_token"))
                #expect(gateway.observed.notes.last?.reason == "token_user_locked")
            }
            service.unlock("usr_1")
            await projection.follow()
            #expect(try await send(gateway, token: token).status == 200)
        }
    }

    @Test func aLockedUsersKeysAreRefusedUntilHeIsUnlocked() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            await projection.follow()
            try await gateway.expect(200, key: secret)
            service.lock("usr_9")
            await projection.follow()
            for _ in 0..<2 { try await gateway.expect(401, key: secret) }
            service.unlock("usr_9")
            await projection.follow()
            try await waitUntil("it is looked up again") {
                try await gateway.send("/read", key: secret).status == 200
            }
        }
    }

    /// A replica that starts after the lock knows: it is given no key, and reads the last quarter of an hour of the feed.
    @Test func whoStartsLaterKnows() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            service.lock("usr_9")
            service.lock("usr_1")
            service.setRoles(["user", "support"], of: "usr_1")
            await projection.follow()
            try await gateway.expect(401, key: secret)
            #expect(try await send(gateway, token: token(gateway, roles: #"["user"]"#)).status == 401)
        }
    }

    @Test func aTokenThatSaysOtherRolesIsOutdated() async throws {
        try await run(monotonic: GatewayFixture.stillTime) { gateway, service, projection in
            let (old, new) = (
                token(gateway, roles: #"["user","admin"]"#), token(gateway, roles: #"["user","support"]"#)
            )
            await projection.follow()
            #expect(try await send(gateway, "/admin", token: old).status == 200)

            service.setRoles(["user", "support"], of: "usr_1")
            await projection.follow()
            for path in ["/admin", "/read", "/read"] {
                let answer = try await send(gateway, path, token: old)
                #expect(answer.status == 401 && answer.text.contains("token_outdated"))
                #expect(answer.challenge?.contains("error=\"invalid_token\"") == true)
            }
            for path in ["/admin", "/read"] { #expect(try await send(gateway, path, token: new).status == 200) }
            // Whoever cannot sign is not told whose roles changed.
            let forged = TestIssuer.sign(
                claims: TestIssuer.claims(now: gateway.clock.now, changing: "roles", to: #"["user"]"#), key: .init())
            let answer = try await send(gateway, token: forged)
            #expect(answer.status == 401 && answer.text.contains("invalid_token"))
        }
    }

    // MARK: - The pure state

    private func page(_ changes: [(Int64, FeedEvent.Change)]) -> FeedPage {
        FeedPage(
            events: changes.map { FeedEvent(sequence: $0.0, change: $0.1) }, next: changes.last?.0 ?? 0)
    }

    /// A snapshot replays the feed; what was overtaken since does not come back for a moment.
    @Test func aReplayBringsNothingBack() {
        var state = ProjectionState(capacity: 10)
        let (locked, unlocked) = (FeedEvent.Change.userLocked("usr_1"), FeedEvent.Change.userUnlocked("usr_1"))
        let roles = FeedEvent.Change.rolesChanged(user: "usr_1", roles: ["user"])
        let later = FeedEvent.Change.rolesChanged(user: "usr_1", roles: ["user", "admin"])
        _ = state.apply(page([(1, locked), (2, unlocked), (3, roles), (4, later)]), now: 0)
        state.load(SnapshotPage(keys: [], sequence: 4, replayAfter: 0))
        let replayed = state.apply(page([(1, locked), (3, roles)]), now: 0)
        #expect(replayed.isEmpty && !state.isLocked("usr_1") && state.roles(of: "usr_1") == ["user", "admin"])
        // Another feed (a restored backup) is followed from its own beginning.
        state.lose()
        state.load(SnapshotPage(keys: [], sequence: 2, replayAfter: 0))
        #expect(state.apply(page([(1, locked)]), now: 0) == .sessions)
        #expect(state.isLocked("usr_1"))
    }

    @Test func locksAndRolesAreForgottenWithTheLastTokens() {
        var state = ProjectionState(capacity: 10)
        _ = state.apply(page([(1, .userLocked("usr_1")), (2, .rolesChanged(user: "usr_2", roles: []))]), now: 5)
        state.forget(now: 5 + ProjectionState.memoryOfSessions - 1)
        #expect(state.changedUsers == 2)
        state.forget(now: 5 + ProjectionState.memoryOfSessions)
        #expect(state.changedUsers == 0)
    }

    /// A look-up that read a key before its user was locked comes back after it.
    @Test func aLateAnswerBringsNoKeyOfALockedUserBack() {
        var state = ProjectionState(capacity: 10)
        state.load(SnapshotPage(keys: [], sequence: 3, replayAfter: 3))
        let record = KeyRecord(id: "key_1", user: "usr_1", hash: [1], scopes: [])
        #expect(state.insert(record, readAt: 4) != nil)
        #expect(state.apply(page([(5, .userLocked("usr_1"))]), now: 0) == [.sessions, .keys])
        #expect(state.insert(record, readAt: 4) == nil)
        #expect(state.keys.find([1]) == nil)
        #expect(state.insert(record, readAt: 6) != nil)
    }
}
