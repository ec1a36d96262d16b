import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

/// V8 Authorization.
extension ASVSRequirement {
    static let authorization: [Self] = [
        .documented("8.1.1", 1, "Rules for functions and data", in: "../gateway/routes.md"),
        .documented("8.1.2", 2, "Rules for single fields", in: "../identity/administration.md"),
        .documented("8.1.3", 3, "What of the surroundings decides", in: "../identity/abuse.md"),
        .documented("8.1.4", 3, "How it decides", in: "../identity/abuse.md"),
        .tested("8.2.1", 1, "Functions are open to those with the permission", functionsNeedPermission),
        .tested("8.2.2", 1, "Data is open to those with the permission") {
            let system = try await ASVSSystem()
            let grace = try await system.fixture.logIn("grace@example.com")
            let key = try await system.fixture.store.addKey(of: grace.userID)
            for (method, path) in [
                (HTTPRequest.Method.get, "/v1/api-keys/\(key.id)"), (.delete, "/v1/api-keys/\(key.id)"),
                (.post, "/v1/api-keys/\(key.id)/rotate"), (.delete, "/v1/users/me/sessions/\(grace.sessionID)"),
            ] {
                let other = try await system.fixture.send(method, path, as: system.ada)
                let nobody = try await system.fixture.send(
                    method,
                    path.replacing(key.id, with: "key_00000000000000000000000009")
                        .replacing(grace.sessionID, with: "ses_00000000000000000000000009"), as: system.ada)
                #expect(other.status == 404 && other.bytes == nobody.bytes, "\(method) \(path)")
            }
            #expect(try await system.fixture.send(.get, "/v1/users/me", as: grace).status == 200)
            let export = try await system.fixture.send(.get, "/v1/users/me/export", as: system.ada)
            #expect(export.text.contains(system.ada.userID) && !export.text.contains(grace.userID))
        },
        .tested("8.2.3", 2, "Fields are open to those with the permission", fieldsNeedPermission),
        .differs(
            "8.2.4", 3, "Surroundings decide too, also during a session",
            "an address that is not known is slowed down at a login; during a session its age alone decides"),
        .tested("8.3.1", 1, "A trusted service decides") {
            // What the gateway says about roles opens nothing: the roles of now do.
            let admins = try await AdminFixture()
            let identity = try admins.fixture.identity(
                user: admins.ada.userID, session: admins.ada.sessionID,
                scopes: AccessTokenIssuer.scopes + ["admin"], roles: ["user", "support", "admin"])
            for path in ["/v1/admin/users", "/v1/admin/audit", "/v1/admin/keys"] {
                #expect(try await admins.fixture.send(.get, path, identity: identity).code == "insufficient_role")
            }
        },
        .differs(
            "8.3.2", 3, "Changed permissions count at once",
            "in user-service and at the gateway that relays the change; within five seconds everywhere else"
        ) {
            let admins = try await AdminFixture()
            #expect(try await admins.send(.get, "/users", as: admins.support).status == 200)
            _ = try await admins.setRoles(["user"], of: admins.support, as: admins.admin)
            #expect(try await admins.send(.get, "/users", as: admins.support).code == "insufficient_role")
            _ = try await admins.lock(admins.ada, as: admins.admin)
            #expect(try await admins.fixture.send(.get, "/v1/users/me", as: admins.ada).status == 401)
        },
        .tested("8.3.3", 3, "The user's permissions count, not those of the service in between") {
            let system = try await ASVSSystem()
            for identity in [try system.fixture.identity(), try system.fixture.identity("payments-service")] {
                #expect(try await system.status(showing: identity) == 401)
            }
            let reader = try system.fixture.identity(
                user: system.ada.userID, session: system.ada.sessionID, scopes: ["users:read"])
            let answer = try await system.fixture.send(.patch, "/v1/users/me", #"{"name":"A"}"#, identity: reader)
            #expect(answer.code == "insufficient_scope")
        },
        .notApplicable("8.4.1", 2, "Tenants are kept apart", "there is one tenant"),
        .differs(
            "8.4.2", 3, "Administration has several layers of protection",
            "a role, a scope, a login of the last minutes and the audit log; devices are not looked at"),
    ]

    /// Every route of a user asks for a scope, and what is for the staff for a role.
    private static let functionsNeedPermission: Check = {
        let admins = try await AdminFixture()
        let login = admins.ada
        let none = try admins.fixture.identity(user: login.userID, session: login.sessionID, scopes: ["other"])
        for (method, path) in [
            (HTTPRequest.Method.get, "/v1/users/me"), (.patch, "/v1/users/me"), (.delete, "/v1/users/me"),
            (.put, "/v1/users/me/password"), (.get, "/v1/users/me/export"), (.get, "/v1/users/me/erasure"),
            (.get, "/v1/users/me/sessions"),
            (.delete, "/v1/users/me/sessions"), (.delete, "/v1/users/me/sessions/ses_0"), (.get, "/v1/users/me/totp"),
            (.post, "/v1/users/me/totp"), (.post, "/v1/users/me/totp/confirm"), (.delete, "/v1/users/me/totp"),
            (.post, "/v1/users/me/recovery-codes"), (.get, "/v1/api-keys"), (.post, "/v1/api-keys"),
            (.get, "/v1/api-keys/key_0"), (.delete, "/v1/api-keys/key_0"), (.post, "/v1/api-keys/key_0/rotate"),
        ] {
            let answer = try await admins.fixture.send(method, path, identity: none)
            #expect((answer.status, answer.code) == (403, "insufficient_scope"), "\(method) \(path)")
        }
        let user = "/users/\(admins.grace.userID)"
        for (method, path) in [
            (HTTPRequest.Method.get, "/users"), (.get, user), (.post, user + "/lock"), (.post, user + "/unlock"),
            (.put, user + "/roles"), (.get, user + "/sessions"), (.delete, user + "/sessions"), (.get, "/audit"),
            (.get, "/keys"), (.post, "/keys/rotate"),
        ] {
            let answer = try await admins.send(method, path, as: login)
            #expect((answer.status, answer.code) == (403, "insufficient_role"), "\(method) \(path)")
        }
        for path in [user + "/roles", "/keys/rotate"] {
            let answer = try await admins.send(path.hasSuffix("roles") ? .put : .post, path, as: admins.support)
            #expect(answer.code == "insufficient_role")
        }
    }

    /// Nobody writes what is the program's, and nobody reads more of a user than his part.
    private static let fieldsNeedPermission: Check = {
        let admins = try await AdminFixture()
        for member in [
            #""id":"usr_1""#, #""role":"admin""#, #""roles":["admin"]"#, #""created_at":"2026-01-01T00:00:00Z""#,
            #""email_verified":true"#, #""version":9"#, #""locked_at":null"#, #""password_hash":"x""#,
        ] {
            let signUp = try await admins.fixture.send(
                .post, "/v1/users",
                #"{"email":"eve@example.com","password":"\#(RouteFixture.password)","name":"Eve",\#(member)}"#)
            let profile = try await admins.fixture.send(
                .patch, "/v1/users/me", #"{"name":"Ada",\#(member)}"#, as: admins.ada)
            #expect(signUp.code == "validation_failed" && profile.code == "validation_failed", "\(member)")
        }
        let own = try await admins.fixture.send(.get, "/v1/users/me", as: admins.ada)
        #expect(own.json.object?.map(\.name) == ["id", "email", "email_verified", "name", "created_at"])
        let staff = try await admins.send(.get, "/users/\(admins.ada.userID)", as: admins.support)
        #expect(staff.json["state"]?.string == "active" && staff.json["password_hash"] == nil)
        let payee = try await admins.fixture.send(
            .get, "/internal/v1/users/resolve?user=\(admins.ada.userID)",
            identity: try admins.fixture.identity("payments-service"))
        #expect(payee.json.object?.map(\.name) == ["id", "name"])
    }
}
