import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// Admins and support from the first one on, over real processes: what they do reaches every replica.
@Suite(.serialized) struct AdministrationTests {
    private static let password = "the first admin's own"

    /// A login with a password; both tokens.
    private func logIn(
        _ api: APIClient, _ email: String, _ password: String = password
    ) async throws -> (access: String, refresh: String) {
        let answer = try await attempt(api, email, password)
        guard answer.status == 201, let access = answer.body["access_token"]?.string,
            let refresh = answer.body["refresh_token"]?.string
        else { throw SystemFailure("login: \(answer.status) \(answer.body)") }
        return (access, refresh)
    }

    private func attempt(_ api: APIClient, _ email: String, _ password: String) async throws -> APIClient.Answer {
        try await Person.patiently {
            try await api.send(
                .post, "/api/v1/sessions", ["email": .string(email), "password": .string(password)])
        }
    }

    private func system() async throws -> DirectSystem {
        try await DirectSystem(environment: [
            "RATE_LIMITS": "off", "ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": Self.password,
        ])
    }

    private func setRoles(
        _ roles: [String], of user: Person, by admin: String, _ api: APIClient
    ) async throws -> APIClient.Answer {
        try await api.send(
            .put, "/api/v1/admin/users/\(user.id)/roles", ["roles": .array(roles.map { .string($0) })], token: admin)
    }

    /// Waits until every replica answers a request with a status, and with a code: what the gateway itself refuses has
    /// another one than what a service behind it does.
    /// - Returns: How long that took.
    private func time(
        until status: Int, _ code: String? = nil, at replicas: [APIClient],
        _ send: (APIClient) async throws -> APIClient.Answer
    ) async throws -> Duration {
        let start = ContinuousClock.now
        for api in replicas {
            try await waitUntil("it is answered with \(status)", timeout: .seconds(30)) {
                let answer = try await send(api)
                return answer.status == status && (code == nil || answer.code == code)
            }
        }
        return ContinuousClock.now - start
    }

    // MARK: - The first admin

    /// `tollgate admin create` beside a running `up`, its password from standard input.
    @Test func theToolMakesTheFirstAdmin() async throws {
        let system = try await SharedSystem.system
        let email = "root-\(UInt64.random(in: .min ... .max))@example.com"
        func create(_ password: String, _ options: String = "") async -> RunningProgram {
            let command = "'\(Programs.tollgate)' admin create --data '\(system.data)' --email \(email) \(options)"
            let shell = RunningProgram(
                "/bin/sh", ["-c", "printf '%s\\n' \"$PASSWORD\" | \(command)"], environment: ["PASSWORD": password])
            _ = await shell.exitStatus()
            return shell
        }
        let short = await create("short")
        #expect(await short.exitStatus() == 1 && short.output.contains("password"))
        let made = await create(Self.password)
        #expect(await made.exitStatus() == 0 && made.output.contains("Made the admin usr_"), "\(made.output)")
        let again = await create(Self.password)
        #expect(await again.exitStatus() == 1 && again.output.contains("e-mail address"))
        let wrong = await create(Self.password, "--token-file /dev/null")
        #expect(await wrong.exitStatus() == 1)

        let (token, _) = try await logIn(system.api, email)
        let listed = try await system.api.send(.get, "/api/v1/admin/users?role=admin&email=\(email)", token: token)
        #expect(listed.status == 200 && listed.body["data"]?.array?.count == 1, "\(listed.body)")
        let log = try await system.api.send(
            .get, "/api/v1/admin/audit?actor=operator&action=admin.create", token: token)
        #expect(log.body["data"]?[0]?["target"] == listed.body["data"]?[0]?["id"])
        #expect(log.body["data"]?[0]?["client_address"] == "127.0.0.1")
        let mode = try FileManager.default.attributesOfItem(atPath: "\(system.data)/keys/admin/token")[
            .posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    // MARK: - Locks

    @Test(.timeLimit(.minutes(3)))
    func aLockReachesEveryReplica() async throws {
        let system = try await system()
        let replicas = [system.api, try await system.startReplica()]
        let (admin, _) = try await logIn(system.api, "root@example.com")
        let ada = try await Person(system.api)
        let key = try await system.api.send(
            .post, "/api/v1/api-keys", ["name": "robot", "scopes": .array([.string("users:read")])], token: ada.token)
        let secret = try #require(key.body["secret"]?.string)
        let profile = { (api: APIClient) in try await api.send(.get, "/api/v1/users/me", token: ada.token) }
        let robot = { (api: APIClient) in
            try await api.send(.get, "/api/v1/users/me", fields: ["X-API-Key": secret])
        }
        for api in replicas {
            #expect(try await profile(api).status == 200)
            #expect(try await robot(api).status == 200)
        }

        let path = "/api/v1/admin/users/\(ada.id)"
        let locked = try await system.api.send(.post, "\(path)/lock", ["reason": "asked for"], token: admin)
        #expect(locked.status == 200 && locked.body["state"] == "locked", "\(locked.body)")
        // The gateway that relayed it knows before its answer is read.
        #expect(try await profile(system.api).code == "invalid_token")
        #expect(try await time(until: 401, "invalid_token", at: replicas, profile) < .seconds(5))
        #expect(try await time(until: 401, "invalid_api_key", at: replicas, robot) < .seconds(5))
        let refreshed = try await system.api.send(
            .post, "/api/v1/tokens/refresh", ["refresh_token": .string(ada.refreshToken)])
        #expect(refreshed.status == 401)
        for (password, status) in [(Person.password, 403), ("another password", 401)] {
            let answer = try await attempt(system.api, ada.email, password)
            #expect(answer.status == status, "\(answer.body)")
        }

        // Who starts now knows as well.
        await system.stop("replica")
        let late = try await system.startReplica()
        #expect(try await time(until: 401, "invalid_token", at: [late], profile) < .seconds(5))
        #expect(try await robot(late).code == "invalid_api_key")

        #expect(try await system.api.send(.post, "\(path)/unlock", token: admin).status == 200)
        _ = try await time(until: 200, at: [system.api, late], robot)
        _ = try await logIn(system.api, ada.email, Person.password)
        #expect(try await profile(late).status == 401, "its session stays ended")
        await system.stopAll()
    }

    // MARK: - Roles

    @Test(.timeLimit(.minutes(3)))
    func otherRolesMakeTokensOutdatedEverywhere() async throws {
        let system = try await system()
        let replicas = [system.api, try await system.startReplica()]
        let (admin, _) = try await logIn(system.api, "root@example.com")
        let ada = try await Person(system.api)
        func list(_ token: String) -> (APIClient) async throws -> APIClient.Answer {
            { api in try await api.send(.get, "/api/v1/admin/users", token: token) }
        }
        for api in replicas { #expect(try await list(ada.token)(api).status == 403) }

        #expect(try await setRoles(["support"], of: ada, by: admin, system.api).status == 200)
        #expect(try await time(until: 401, "token_outdated", at: replicas, list(ada.token)) < .seconds(5))
        let outdated = try await system.api.send(.get, "/api/v1/users/me", token: ada.token)
        #expect(outdated.status == 401 && outdated.code == "token_outdated")
        #expect(outdated.field("WWW-Authenticate")?.contains("error=\"invalid_token\"") == true)

        let refreshed = try await system.api.send(
            .post, "/api/v1/tokens/refresh", ["refresh_token": .string(ada.refreshToken)])
        let support = try #require(refreshed.body["access_token"]?.string)
        for api in replicas { #expect(try await list(support)(api).status == 200) }
        #expect(try await setRoles([], of: ada, by: support, system.api).status == 403)

        #expect(try await setRoles([], of: ada, by: admin, system.api).status == 200)
        #expect(try await time(until: 401, "token_outdated", at: replicas, list(support)) < .seconds(5))
        await system.stopAll()
    }

    // MARK: - Refusals and the log

    @Test func whoHasNoRoleIsRefusedAndTheLogIsComplete() async throws {
        let system = try await system()
        let (admin, _) = try await logIn(system.api, "root@example.com")
        let (ada, grace) = (try await Person(system.api), try await Person(system.api, name: "Grace"))
        let user = "/api/v1/admin/users/\(grace.id)"
        let attempts: [(HTTPRequest.Method, String, JSONValue?)] = [
            (.get, "/api/v1/admin/users", nil), (.get, user, nil), (.post, "\(user)/lock", ["reason": "x"]),
            (.post, "\(user)/unlock", nil), (.put, "\(user)/roles", ["roles": .array([])]),
            (.get, "\(user)/sessions", nil), (.delete, "\(user)/sessions", nil), (.get, "/api/v1/admin/audit", nil),
        ]
        for (method, path, body) in attempts {
            #expect(try await system.api.send(method, path, body, token: ada.token).status == 403, "\(method) \(path)")
            #expect(try await system.api.send(method, path, body).status == 401, "\(method) \(path)")
        }
        for (name, value) in [
            ("roles", JSONValue.array([.string("admin")])), ("id", "usr_1"), ("created_at", "2026-01-01"),
        ] {
            let body: [(String, JSONValue)] = [
                ("email", "eve@example.com"), ("password", .string(Person.password)), ("name", "Eve"), (name, value),
            ]
            let members = body.map { JSONValue.Member(name: $0.0, value: $0.1) }
            #expect(try await system.api.send(.post, "/api/v1/users", .object(members)).status == 422)
            let profile = try await system.api.send(
                .patch, "/api/v1/users/me", .object(Array(members[2...])), token: ada.token)
            #expect(profile.status == 422)
        }

        let id = "0123456789abcdef-the-lock"
        let locked = try await system.api.send(
            .post, "\(user)/lock", ["reason": "asked for"], token: admin, fields: ["X-Request-Id": id])
        #expect(locked.status == 200)
        let own = try await system.api.send(.get, "/api/v1/admin/audit?target=\(grace.id)", token: admin)
        let line = try #require(own.body["data"]?[0])
        #expect(own.body["data"]?.array?.count == 1 && line["action"] == "user.lock")
        #expect(line["request_id"] == .string(id) && line["client_address"] == "127.0.0.1")
        #expect(line["before"]?["state"] == "active" && line["after"]?["lock_reason"] == "asked for")
        #expect(line["actor"]?.string?.hasPrefix("usr_") == true)
        // Nothing of anybody's address or password is in a log.
        for secret in [Self.password, "root@example.com", grace.email] { #expect(!system.output.contains(secret)) }
        await system.stopAll()
    }
}
