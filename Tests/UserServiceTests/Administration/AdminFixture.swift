import Chassis
import HTTP
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

/// The routes with an admin, somebody of support and two users, all logged in.
struct AdminFixture {
    let fixture: RouteFixture
    let admin: RouteFixture.Login
    let support: RouteFixture.Login
    let ada: RouteFixture.Login
    let grace: RouteFixture.Login

    init() async throws {
        fixture = try await RouteFixture()
        ada = try await fixture.logIn("ada@example.com")
        grace = try await fixture.logIn("grace@example.com")
        support = try await fixture.logIn("support@example.com")
        admin = try await fixture.logIn("root@example.com")
        try await give("support", to: support.userID)
        try await give("admin", to: admin.userID)
    }

    /// Gives roles by the database: the first admin's come from nobody.
    func give(_ roles: String, to user: String) async throws {
        try await fixture.store.database.write {
            _ = try $0.execute("UPDATE users SET roles = ? WHERE id = ?", .text(roles), .text(user))
        }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, as login: RouteFixture.Login,
        fields: HTTPFields = [:], scopes: [String] = AccessTokenIssuer.scopes + ["admin"]
    ) async throws -> RouteFixture.Answer {
        let identity = try fixture.identity(user: login.userID, session: login.sessionID, scopes: scopes)
        var fields = fields
        fields[try #require(HTTPField.Name("X-Forwarded-For"))] = "203.0.113.5"
        return try await fixture.send(method, "/v1/admin" + path, body, identity: identity, fields: fields)
    }

    func lock(
        _ user: RouteFixture.Login, as login: RouteFixture.Login, reason: String = "asked for"
    ) async throws -> RouteFixture.Answer {
        try await send(.post, "/users/\(user.userID)/lock", #"{"reason":"\#(reason)"}"#, as: login)
    }

    func setRoles(
        _ roles: [String], of user: RouteFixture.Login, as login: RouteFixture.Login
    ) async throws -> RouteFixture.Answer {
        let list = roles.map { "\"\($0)\"" }.joined(separator: ",")
        return try await send(.put, "/users/\(user.userID)/roles", #"{"roles":[\#(list)]}"#, as: login)
    }

    /// The lines of the audit log, newest first.
    func lines(_ query: String = "") async throws -> [JSONValue] {
        let answer = try await send(.get, "/audit?limit=100\(query)", as: admin)
        return try #require(answer.json["data"]?.array)
    }
}

extension JSONValue {
    /// The strings of an array.
    var strings: [String]? { array?.compactMap(\.string) }
}
