import Chassis
import Foundation
import HTTP
import HTTPTypes
import JSON
import Logging
import ServiceStorage
import Storage
import TestSupport
import Testing

@testable import UserService

@Suite struct FirstAdminTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    private var creation: AdminCreation {
        AdminCreation(
            store: UserServiceAdministration.store(fixture),
            hasher: PasswordHasher(cost: ScryptCost(logN: 4, r: 8, p: 1), width: 1, longestWait: .seconds(60)))
    }

    private func start(_ settings: [String: String]) async throws {
        try await FirstAdmin(
            settings: Settings(settings), creation: creation, logger: Logger(label: "test") { _ in fixture.log }
        ).createWhereMissing()
    }

    private func admins() async throws -> Int {
        try await fixture.store.count("SELECT count(*) FROM users WHERE roles = 'admin'")
    }

    @Test func theFirstAdminComesFromTheSettingsAndLogsIn() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("password")
        try "a long password\n".write(toFile: file, atomically: true, encoding: .utf8)
        try await start(["ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD_FILE": file])
        #expect(try await admins() == 1)
        let login = try await fixture.send(
            .post, "/v1/sessions", #"{"email":"root@example.com","password":"a long password"}"#)
        #expect(login.status == 201)
        let lines = try await AuditLog(
            database: fixture.store.database, clock: fixture.store.clock, identifiers: fixture.store.identifiers
        ).lines(limit: 10)
        #expect(lines.map(\.action) == ["admin.create"] && lines[0].origin.actor == "system")
        #expect(!fixture.log.lines.contains { $0.contains("root@example.com") || $0.contains("long password") })
    }

    /// The secret may be gone by then: nothing of it is read.
    @Test func laterStartsReadNothing() async throws {
        try await start(["ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "a long password"])
        try await start(["ADMIN_EMAIL": "other@example.com", "ADMIN_PASSWORD_FILE": "/nowhere"])
        #expect(try await admins() == 1)
    }

    @Test func withoutSettingsThereIsNone() async throws {
        try await start([:])
        #expect(try await fixture.store.count("SELECT count(*) FROM users") == 0)
    }

    @Test(
        arguments: [
            ["ADMIN_EMAIL": "root", "ADMIN_PASSWORD": "a long password"], ["ADMIN_EMAIL": "root@example.com"],
            ["ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "short"],
        ])
    func wrongSettingsStopTheStart(settings: [String: String]) async throws {
        let error = await #expect(throws: SettingsError.self) { try await start(settings) }
        #expect(error.map { !"\($0)".contains("short") } == true)
        #expect(try await admins() == 0)
    }

    /// Whoever signed up with the address before is not made an admin.
    @Test func aUserWithTheAddressStaysOne() async throws {
        _ = try await fixture.logIn("root@example.com")
        try await start(["ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "a long password"])
        #expect(try await admins() == 0 && fixture.log.lines.contains { $0.contains("There is no admin") })
    }

    @Test func operatorsMakeAdminsByTheAdminToken() async throws {
        var router = Router()
        AdminCreationRoutes(creation: creation, guardian: AdminToken(SecretSource(value: "secret")))
            .register(on: &router)
        func send(_ token: String?, _ email: String = "root@example.com") async throws -> Int {
            var fields: HTTPFields = [.contentType: "application/json"]
            if let token { fields[.authorization] = "Bearer \(token)" }
            let request = try Request(
                method: .post, target: "/admins", fields: fields,
                body: Array(#"{"email":"\#(email)","password":"a long password","name":"Root"}"#.utf8))
            do {
                return try await router.handler(request).status.code
            } catch {
                return Problem(answering: error).status.code
            }
        }
        for token in [nil, "wrong"] { #expect(try await send(token) == 401) }
        #expect(try await admins() == 0)
        for status in [201, 409] { #expect(try await send("secret") == status) }
        #expect(try await send("secret", "second@example.com") == 201)
        #expect(try await send("secret", "nobody") == 422)
        #expect(try await admins() == 2)
    }
}
