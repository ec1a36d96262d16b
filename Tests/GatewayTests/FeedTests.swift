import Chassis
import Crypto
import HTTP
import HTTPTypes
import Logging
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// What happens to keys and sessions when user-service says so, and when it says nothing.
@Suite struct FeedTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}", retries: { attempts: 0 } }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        projection: { upstream: users }
        routes:
          - { name: read, path: /read, upstream: payments, auth: [token, api_key] }
          - { name: admin, path: /admin, upstream: payments, roles: [operator] }
          - { name: log-out, path: /log-out, methods: [DELETE], upstream: users, ends_session: true }
          - { name: end, path: /sessions, methods: [DELETE], upstream: users, revokes: true }
          - { name: leave, path: /leave, methods: [DELETE], upstream: users, auth: [token, api_key], ends_user: true }
        """

    private func run(
        _ body: @Sendable (GatewayFixture, FakeUserService, IdentityProjection) async throws -> Void
    ) async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let service = FakeUserService()
            gateway.users.answer(service.answer)
            try await body(gateway, service, try #require(gateway.gateway.projection))
        }
    }

    @Test func anEndedSessionsTokenIsRefused() async throws {
        try await run { gateway, service, projection in
            await projection.follow()
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            service.end(session: "ses_2")
            await projection.follow()
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            service.end(session: "ses_1")
            await projection.follow()
            for _ in 0..<2 {
                try await gateway.expect(401, .get, "/read", token: gateway.token)
                #expect(gateway.observed.notes.last?.reason == "token_session_ended")
            }
        }
    }

    /// A token in the cache, too: its key is asked for again as soon as the feed tells of another key set.
    @Test func aWithdrawnKeyIsNotTrustedUntilTheNextRegularFetch() async throws {
        try await run { gateway, service, projection in
            await projection.follow()
            gateway.gateway.noteChangedKeySet()
            await gateway.gateway.issuers[0].keys.tick()
            for _ in 0..<2 { try await gateway.expect(200, .get, "/read", token: gateway.token) }
            let key = P256.Signing.PrivateKey()
            service.publish(TestIssuer.keySet(of: key, id: "key-2"))
            await gateway.gateway.issuers[0].keys.tick()
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            await projection.follow()
            gateway.gateway.noteChangedKeySet()
            await gateway.gateway.issuers[0].keys.tick()
            try await gateway.expect(401, .get, "/read", token: gateway.token)
            let new = TestIssuer.sign(
                header: TestIssuer.header.replacing("key-1", with: "key-2"),
                claims: TestIssuer.claims(now: gateway.clock.now), key: key)
            try await gateway.expect(200, .get, "/read", token: new)
        }
    }

    /// The gateway that relays a logout does not wait for the feed.
    @Test func aLogoutCountsHereAtOnce() async throws {
        try await run { gateway, service, projection in
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            service.setDown(true)
            try await gateway.expect(503, .delete, "/log-out", token: gateway.token)
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            service.setDown(false)
            try await gateway.expect(204, .delete, "/log-out", token: gateway.token)
            try await gateway.expect(401, .get, "/read", token: gateway.token)
        }
    }

    /// The gateway that relays a user's end refuses their other sessions and keys too, and nobody else's.
    @Test func aUsersEndCountsHereAtOnce() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            await projection.follow()
            let claims = TestIssuer.claims(now: gateway.clock.now, changing: "sid", to: #""ses_2""#)
            let second = TestIssuer.sign(claims: claims)
            for token in [gateway.token, second] { try await gateway.expect(200, .get, "/read", token: token) }
            service.setDown(true)
            try await gateway.expect(503, .delete, "/leave", token: gateway.token)
            try await gateway.expect(200, .get, "/read", token: second)
            service.setDown(false)
            try await gateway.expect(204, .delete, "/leave", token: gateway.token)
            for token in [gateway.token, second] { try await gateway.expect(401, .get, "/read", token: token) }
            try await gateway.expect(200, key: secret)
            // The keys made here are those of another user.
            let answer = try await gateway.send(.delete, "/leave", fields: [.init("X-API-Key")!: secret.exposed])
            #expect(answer.status == 204)
            #expect(projection.held(secret.hash) == nil)
        }
    }

    /// Whatever a relayed request revoked, of whomever: refused here before its answer is read, though nobody follows.
    @Test func aRelayedRevocationCountsHereAtOnce() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            await projection.follow()
            let other = TestIssuer.sign(
                claims: TestIssuer.claims(now: gateway.clock.now, changing: "sid", to: #""ses_2""#))
            for token in [gateway.token, other] { try await gateway.expect(200, .get, "/read", token: token) }
            try await gateway.expect(200, key: secret)
            gateway.users.answer { received in
                if received.target == "/sessions" {
                    service.end(session: "ses_2")
                    service.lock("usr_9")
                }
                return try await service.answer(received)
            }
            try await gateway.expect(204, .delete, "/sessions", token: gateway.token)
            try await gateway.expect(401, .get, "/read", token: other)
            try await gateway.expect(200, .get, "/read", token: gateway.token)
            #expect(projection.held(secret.hash) == nil)
            // The follower hears of the same again, and nothing changes.
            let generation = projection.sessionGeneration
            await projection.follow()
            #expect(projection.sessionGeneration == generation)
        }
    }

    /// A refusal revokes nothing; a feed that does not answer costs the answer nothing but its time.
    @Test func theAnswerDoesNotDependOnTheFeed() async throws {
        try await run { gateway, service, projection in
            await projection.follow()
            let asked = Mutex(0)
            gateway.users.answer { received in
                if received.target.hasPrefix("/internal/v1/events") {
                    asked.withLock { $0 += 1 }
                    throw Problem(.serviceUnavailable, "down")
                }
                if received.target == "/sessions", asked.withLock({ $0 }) > 0 {
                    throw Problem(.conflict, "no")
                }
                return try await service.answer(received)
            }
            try await gateway.expect(204, .delete, "/sessions", token: gateway.token)
            #expect(asked.withLock { $0 } == 1)
            try await gateway.expect(409, .delete, "/sessions", token: gateway.token)
            #expect(asked.withLock { $0 } == 1)
        }
    }

    /// What is promised is not done.
    @Test func acceptedEndsNothingYet() async throws {
        try await run { gateway, service, projection in
            gateway.users.answer { received in
                received.target == "/leave" || received.target == "/log-out"
                    ? .json(Array("{}".utf8), status: .accepted) : try await service.answer(received)
            }
            for path in ["/leave", "/log-out"] {
                try await gateway.expect(202, .delete, path, token: gateway.token)
                try await gateway.expect(200, .get, "/read", token: gateway.token)
            }
        }
    }

    @Test func knownKeysOutliveUserService() async throws {
        try await run { gateway, service, projection in
            let (known, other) = (service.add("key_1"), service.add("key_2", silently: true))
            await projection.follow()
            service.setDown(true)
            let late = service.add("key_3")
            await projection.follow()
            for secret in [known, other] { try await gateway.expect(200, key: secret) }
            let unknown = try await gateway.send("/read", key: late)
            #expect(unknown.status == 503 && unknown.text.contains("authentication_unavailable"))
            #expect(unknown.fields[.retryAfter] == "1")
            #expect(gateway.observed.notes.last?.reason == "api_key_unavailable")
            service.setDown(false)
            try await gateway.expect(200, key: late)
        }
    }

    /// A replica that starts while user-service is away can check nothing, and says so.
    @Test func aColdStartIsNotCalledAnInvalidKey() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            service.setDown(true)
            await projection.follow()
            try await gateway.expect(503, key: secret)
            service.setDown(false)
            await projection.follow()
            try await gateway.expect(200, key: secret)
        }
    }

    @Test func aFeedThatIsGoneIsReplacedByASnapshot() async throws {
        try await run { gateway, service, projection in
            let secret = service.add("key_1")
            await projection.follow()
            try await gateway.expect(200, key: secret)
            service.loseFeed()
            await projection.follow()
            service.revoke("key_1")
            await projection.follow()
            #expect(gateway.users.received.filter { $0.target.hasPrefix("/internal/v1/api-keys?") }.count == 2)
            try await gateway.expect(401, key: secret)
        }
    }

    @Test func itsAgeIsMeasuredAndShown() async throws {
        try await run { gateway, service, projection in
            service.add("key_1")
            await projection.follow()
            #expect(projection.health == .healthy)
            projection.measure()
            let text = String(decoding: gateway.metrics.exposition(), as: UTF8.self)
            for line in [
                "gateway_feed_age_seconds ", "gateway_api_keys_held 1", "gateway_ended_sessions_held 0",
                #"gateway_feed_reads_total{result="ok"} 2"#,
            ] {
                #expect(text.contains(line), "\(line)")
            }
        }
    }

    /// Whoever lost a role or a session may not be known to have lost it: routes that ask for roles wait for the feed.
    @Test func routesForRolesAskForAFreshFeed() async throws {
        let time = ManualWallClock(now: 1_000)
        try await GatewayFixture.run(Self.yaml, monotonic: { UInt64(time.now) }) { gateway in
            let service = FakeUserService()
            gateway.users.answer(service.answer)
            let projection = try #require(gateway.gateway.projection)
            let claims = TestIssuer.claims(now: gateway.clock.now, changing: "roles", to: #"["operator"]"#)
            let token = TestIssuer.sign(claims: claims)
            // Before the first answer nobody knows who lost what, however short that is.
            #expect(projection.age == 0)
            try await gateway.expect(503, .get, "/admin", token: token)
            #expect(gateway.observed.notes.last?.reason == "feed_stale")
            try await gateway.expect(200, .get, "/read", token: token)
            await projection.follow()
            try await gateway.expect(200, .get, "/admin", token: token)
            try await gateway.expect(403, .get, "/admin", token: gateway.token)
            time.advance(milliseconds: 5_001)
            try await gateway.expect(503, .get, "/admin", token: token)
            #expect(gateway.observed.notes.last?.reason == "feed_stale")
            try await gateway.expect(200, .get, "/read", token: token)
            await projection.follow()
            try await gateway.expect(200, .get, "/admin", token: token)
        }
    }

    @Test func anAgeAboveFiveSecondsIsAWarning() async throws {
        try await run { gateway, _, _ in
            let clock = ManualWallClock(now: 0)
            let feed = UserServiceFeed(
                client: gateway.client, endpoint: Endpoint(host: "127.0.0.1", port: gateway.users.port),
                identity: { nil })
            let projection = IdentityProjection(
                .init(upstream: "users"), feed: feed, metrics: GatewayMetrics(gateway.metrics).projection,
                clock: clock, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
                monotonic: { UInt64(clock.now) })
            clock.advance(seconds: 5)
            #expect(projection.health == .healthy && !projection.isFresh)
            clock.advance(milliseconds: 1)
            #expect(projection.health == .degraded("not heard of for 5 s") && !projection.isFresh)
        }
    }
}
