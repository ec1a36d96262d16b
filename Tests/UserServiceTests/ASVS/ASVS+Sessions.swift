import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

/// V7.1 Session management documentation, V7.2 fundamentals, V7.3 timeout.
extension ASVSRequirement {
    static let sessions: [Self] = [
        .documented(
            "7.1.1", 2, "Idle and absolute ends of sessions, with deviations from NIST",
            in: "../identity/sessions.md#how-long-and-how-many"),
        .documented(
            "7.1.2", 2, "How many sessions an account may have at once",
            in: "../identity/sessions.md#how-long-and-how-many"),
        .notApplicable("7.1.3", 2, "Federated systems and how their sessions end", "there is no federation"),
        .tested("7.2.1", 1, "Session tokens are verified by a trusted service") {
            let system = try await ASVSSystem()
            let grace = try await system.fixture.logIn("grace@example.com")
            func status(_ user: String, _ session: String) async throws -> Int {
                try await system.status(showing: try system.fixture.identity(user: user, session: session))
            }
            #expect(try await status(system.ada.userID, system.ada.sessionID) == 200)
            #expect(try await status(system.ada.userID, grace.sessionID) == 401)
            #expect(try await status(system.ada.userID, "ses_00000000000000000000000009") == 401)
            #expect(try await system.status(showing: system.ada.accessToken) == 401)
            #expect(try await system.status(showing: system.ada.refreshToken) == 401)
        },
        .tested("7.2.2", 1, "Sessions have tokens made for them, not static keys") {
            let system = try await ASVSSystem()
            let other = try await system.another()
            #expect(other.accessToken != system.ada.accessToken && other.refreshToken != system.ada.refreshToken)
            let key = try await system.fixture.store.addKey(of: system.ada.userID)
            let identity = try system.fixture.identity(user: system.ada.userID, key: key.id)
            let answer = try await system.fixture.send(.get, "/v1/users/me/sessions", identity: identity)
            #expect(answer.code == "session_required")
        },
        .tested("7.2.3", 1, "Reference tokens are unique, random, of 128 bits at least") {
            let system = try await ASVSSystem()
            var tokens: [[UInt8]] = []
            for _ in 0..<200 {
                let text = try #require(try await system.logIn().json["refresh_token"]?.string)
                tokens.append(try #require(Base64URL.decode(text.dropFirst(4).utf8)))
            }
            #expect(Set(tokens).count == 200 && tokens.allSatisfy { $0.count == 32 })
            for bit in 0..<256 {
                let ones = tokens.count { $0[bit / 8] >> (bit % 8) & 1 == 1 }
                #expect((50...150).contains(ones), "bit \(bit): \(ones)")
            }
        },
        .differs(
            "7.2.4", 1, "Authentication makes a new token and ends the one before",
            "a new proof in a session gives a new access token; the one before is not fresh and ends within ten minutes",
            newProofNewToken),
        .tested("7.3.1", 2, "A session that is not used ends") {
            let system = try await ASVSSystem()
            let other = try await system.another()
            system.clock.advance(milliseconds: SessionPolicy().idle - 1)
            #expect(try await system.fixture.refresh(system.ada.refreshToken).status == 200)
            system.clock.advance(milliseconds: 1)
            #expect(try await system.fixture.refresh(other.refreshToken).code == "invalid_refresh_token")
            #expect(
                try await system.fixture.send(.get, "/v1/users/me", as: other).code == "session_revoked")
        },
        .tested("7.3.2", 2, "A session that is used ends too", endsInTheEnd),
    ]

    private static let newProofNewToken: Check = {
        let system = try await ASVSSystem()
        let other = try await system.another()
        #expect(other.sessionID != system.ada.sessionID)
        system.clock.advance(seconds: 301)
        let answer = try await system.fixture.send(
            .post, "/v1/sessions/current/reauthenticate", ASVSSystem.body(["password": RouteFixture.password]),
            as: system.ada)
        let token = try #require(answer.json["access_token"]?.string)
        let (before, after) = (
            try system.fixture.claims(of: system.ada.accessToken), try system.fixture.claims(of: token)
        )
        #expect(before["jti"] != after["jti"] && before["sid"] == after["sid"])
        let (old, new) = (before["auth_time"]?.integer ?? 0, after["auth_time"]?.integer ?? 0)
        #expect(new - old == 301)
        system.clock.advance(seconds: 299)
        #expect(try await system.isActive(system.ada.accessToken) == false)
        #expect(try await system.isActive(token))
    }

    static let endsInTheEnd: Check = {
        let system = try await ASVSSystem()
        let end = system.clock.now + SessionPolicy().absolute
        var token = system.ada.refreshToken
        while system.clock.now + SessionPolicy().idle - 1 < end {
            system.clock.advance(milliseconds: SessionPolicy().idle - 1)
            token = try #require(try await system.fixture.refresh(token).json["refresh_token"]?.string)
        }
        system.clock.advance(milliseconds: end - system.clock.now)
        #expect(try await system.fixture.refresh(token).code == "invalid_refresh_token")
        #expect(try await system.isActive(token) == false)
    }
}
