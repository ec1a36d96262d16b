import Chassis
import Crypto
import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// payments-service itself refuses what has ended, whatever a gateway lets pass.
@Suite(.serialized) struct RevocationTests {
    /// A gateway that knows nothing of ended sessions, with the key of the real one.
    private struct ForgetfulGateway {
        let payments: APIClient
        let signer: IdentitySigner

        init(_ system: DirectSystem) throws {
            let key = try IdentityKeys.privateKey(at: "\(system.data)/keys/gateway/identity.pem")
            signer = IdentitySigner(service: "gateway", key: key)
            payments = APIClient(port: system.port + 2)
        }

        func accounts(of user: String, session: String? = nil, key: String? = nil) async throws -> APIClient.Answer {
            let caller = CallerIdentity(
                issuer: "gateway", subject: user, sessionID: session, keyID: key, scopes: ["accounts:read"])
            return try await payments.send(
                .get, "/v1/accounts",
                fields: [IdentitySigner.fieldName: try signer.token(for: "payments-service", caller: caller)])
        }
    }

    private func session(of person: Person) throws -> String {
        let payload = person.token.split(separator: ".")[1]
        let claims = try JSONValue(parsing: try #require(Base64URL.decode(payload.utf8)))
        return try #require(claims["sid"]?.string)
    }

    @Test func whatHasEndedIsRefusedBehindTheGatewayToo() async throws {
        let system = try await DirectSystem()
        let gateway = try ForgetfulGateway(system)
        let (ada, grace) = (try await Person(system.api), try await Person(system.api, name: "Grace"))
        let (first, second) = (try session(of: ada), try session(of: grace))
        let made = try await system.api.send(
            .post, "/api/v1/api-keys", ["name": "robot", "scopes": .array(["accounts:read"])], token: grace.token)
        let key = try #require(made.body["id"]?.string)
        #expect(try await gateway.accounts(of: ada.id, session: first).status == 200)
        #expect(try await gateway.accounts(of: grace.id, key: key).status == 200)

        #expect(try await system.api.send(.delete, "/api/v1/sessions/current", token: ada.token).status == 204)
        #expect(try await system.api.send(.delete, "/api/v1/api-keys/\(key)", token: grace.token).status == 204)
        try await waitUntil("the ended session is refused", timeout: .seconds(5)) {
            try await gateway.accounts(of: ada.id, session: first).code == "session_revoked"
        }
        try await waitUntil("the ended key is refused", timeout: .seconds(5)) {
            try await gateway.accounts(of: grace.id, key: key).code == "api_key_revoked"
        }
        #expect(try await system.api.send(.delete, "/api/v1/users/me", token: grace.token).status == 204)
        try await waitUntil("the erased user is refused", timeout: .seconds(5)) {
            try await gateway.accounts(of: grace.id).status == 401
        }

        // Without user-service it goes on with what it knows, also after a crash.
        await system.stop("user-service", with: SIGKILL)
        await system.stop("payments-service", with: SIGKILL)
        try await system.start("payments-service")
        #expect(try await gateway.accounts(of: ada.id, session: first).status == 401)
        #expect(try await gateway.accounts(of: grace.id, key: key).status == 401)
        #expect(try await gateway.accounts(of: grace.id, session: second).status == 401)
        #expect(try await gateway.accounts(of: ada.id, session: "ses_other").status == 200)
        let admin = APIClient(port: system.port + 2 + 1000)
        try await waitUntil("the feed is said to be lost", timeout: .seconds(20)) {
            try await admin.send(.get, "/readyz?verbose").text.contains("not heard of")
        }
        #expect(try await admin.send(.get, "/readyz").status == 200)

        // And goes on where it was.
        try await system.start("user-service")
        let bob = try await Person(system.api, name: "Bob")
        let third = try session(of: bob)
        #expect(try await system.api.send(.delete, "/api/v1/sessions/current", token: bob.token).status == 204)
        try await waitUntil("the feed is followed again", timeout: .seconds(10)) {
            try await gateway.accounts(of: bob.id, session: third).status == 401
        }
        let metrics = try await admin.send(.get, "/metrics").text
        #expect(metrics.contains("payments_feed_age_seconds"))
        #expect(metrics.contains(#"payments_revocations_held{kind="session"}"#))
        await system.stopAll()
    }
}
