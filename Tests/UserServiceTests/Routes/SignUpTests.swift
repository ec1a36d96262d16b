import Chassis
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct SignUpTests {
    private let fixture: RouteFixture

    init() async throws { fixture = try await RouteFixture() }

    private func signUp(_ body: String, fields: HTTPFields = [:]) async throws -> RouteFixture.Answer {
        try await fixture.send(.post, "/v1/users", body, fields: fields)
    }

    @Test func answersWithTheUser() async throws {
        let answer = try await signUp(#"{"email":"Ada@Example.com","password":"p\u00e4ssw\u00f6rd","name":" Ada "}"#)
        #expect(answer.status == 201)
        #expect(answer.json.object?.map(\.name) == ["id", "email", "email_verified", "name", "created_at"])
        #expect(Identifier.isValid(answer.json["id"]?.string ?? "", prefix: "usr"))
        #expect(answer.json["email"]?.string == "ada@example.com")
        #expect(answer.json["name"]?.string == "Ada")
        #expect(answer.json["created_at"]?.string == "2023-11-14T22:13:20.000Z")
        #expect(answer.fields[.eTag] == "\"1\"")
    }

    @Test func anEMailAddressIsTakenOnce() async throws {
        let body = #"{"email":"ada@example.com","password":"lake 5678","name":"Ada"}"#
        #expect(try await signUp(body).status == 201)
        let second = try await signUp(#"{"email":"ADA@example.COM","password":"pond 8765","name":"Eve"}"#)
        #expect((second.status, second.code) == (409, "email_taken"))
        #expect(try await fixture.store.count("SELECT count(*) FROM users") == 1)
    }

    @Test func ofManyThatRaceOneIsServed() async throws {
        let fixture = fixture
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<10 {
                group.addTask {
                    try await fixture.send(
                        .post, "/v1/users", #"{"email":"a@b.co","password":"lake 5678","name":"N\#(index)"}"#
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [201] + Array(repeating: 409, count: 9))
    }

    @Test(arguments: [
        (#"{"email":"a@b.co","password":"lake 5678"}"#, "/name"),
        (#"{"email":"a@b.co","password":"1234567","name":"A"}"#, "/password"),
        (#"{"email":"a@b.co","password":12345678,"name":"A"}"#, "/password"),
        (#"{"email":"a@b","password":"lake 5678","name":"A"}"#, "/email"),
        (#"{"email":null,"password":"lake 5678","name":"A"}"#, "/email"),
        (#"{"email":"a@b.co","password":"lake 5678","name":"a\nb"}"#, "/name"),
        (#"{"email":"a@b.co","password":"lake 5678","name":"A","admin":true}"#, "/admin"),
        ("[]", ""),
    ])
    func refusesWhatBreaksARule(_ body: String, _ pointer: String) async throws {
        let answer = try await signUp(body)
        #expect((answer.status, answer.code) == (422, "validation_failed"))
        #expect(answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string } == [pointer])
        #expect(!answer.text.contains("1234567"))
        #expect(try await fixture.store.count("SELECT count(*) FROM users") == 0)
    }

    @Test func namesEveryMistakeAtOnce() async throws {
        let answer = try await signUp(#"{"email":"x","password":"short","extra":1}"#)
        let pointers = answer.json["errors"]?.array?.compactMap { $0["pointer"]?.string }
        #expect(pointers == ["/email", "/password", "/name", "/extra"])
    }

    @Test(arguments: ["", "{", "{\"email\":\"a@b.co\",}", "{\"email\":\"a@b.co\",\"email\":\"c@d.ef\"}"])
    func refusesMalformedJSON(_ body: String) async throws {
        let answer = try await signUp(body)
        #expect(answer.status == 400)
    }

    @Test(arguments: [("text/plain", 415), ("application/jsonp", 415), ("application/json; charset=utf-8", 201)])
    func takesJSONOnly(_ type: String, _ status: Int) async throws {
        let body = #"{"email":"ada@example.com","password":"lake 5678","name":"Ada"}"#
        #expect(try await signUp(body, fields: [.contentType: type]).status == status)
    }

    @Test func refusesALongBody() async throws {
        let answer = try await signUp(#"{"name":""# + String(repeating: "x", count: 20_000) + #""}"#)
        #expect(answer.status == 413)
    }

    @Test func shedsWith503WhenTooManyPasswordsWait() async throws {
        let busy = try await RouteFixture(cost: ScryptCost(logN: 14, r: 8, p: 8), longestWait: .zero)
        let answers = try await withThrowingTaskGroup(of: RouteFixture.Answer.self) { group in
            for index in 0..<8 {
                group.addTask {
                    try await busy.send(
                        .post, "/v1/users", #"{"email":"a\#(index)@b.co","password":"lake 5678","name":"A"}"#)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let shed = answers.filter { $0.status == 503 }
        #expect(!shed.isEmpty && shed.count < 8)
        for answer in shed {
            #expect(answer.code == "unavailable")
            #expect(Int(answer.fields[.retryAfter] ?? "").map { $0 >= 1 } == true)
        }
        #expect(answers.filter { $0.status == 201 }.count == 8 - shed.count)
    }
}
