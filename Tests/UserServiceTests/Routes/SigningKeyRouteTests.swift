import Chassis
import HTTPTypes
import JSON
import Testing

@testable import UserService

@Suite struct SigningKeyRouteTests {
    private let staff: AdminFixture
    private var fixture: RouteFixture { staff.fixture }

    init() async throws { staff = try await AdminFixture() }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, as login: RouteFixture.Login? = nil,
        scopes: [String] = AccessTokenIssuer.scopes + ["admin"]
    ) async throws -> RouteFixture.Answer {
        try await staff.send(method, "/keys\(path)", body, as: login ?? staff.admin, scopes: scopes)
    }

    @Test func theKeysAreListed() async throws {
        let answer = try await send(.get, "")
        #expect(answer.status == 200 && answer.fields[.cacheControl] == "no-store")
        let list = try #require(answer.json["data"]?.array)
        #expect(Set(list.compactMap { $0["state"]?.string }) == ["active", "published"])
        #expect(Set(list.compactMap { $0["id"]?.string }) == Set(fixture.keys.published))
        #expect(!answer.text.contains("private"))
    }

    @Test func aRotationIsAskedForAndComes() async throws {
        let before = fixture.keys.active.id
        let asked = try await send(.post, "/rotate")
        #expect(asked.status == 200)
        let next = try #require(asked.json["data"]?.array?.first { $0["state"]?.string == "published" })
        #expect(next["signs_from"]?.string?.isEmpty == false)
        fixture.store.clock.advance(seconds: 900)
        await fixture.rotator.step()
        #expect(fixture.keys.active.id == next["id"]?.string && fixture.keys.active.id != before)
        let login = try await fixture.send(
            .post, "/v1/sessions", #"{"email":"ada@example.com","password":"\#(RouteFixture.password)"}"#)
        let token = try #require(login.json["access_token"]?.string)
        #expect(await fixture.keys.claims(of: token)?.sub == staff.ada.userID)
        #expect(await fixture.keys.claims(of: staff.ada.accessToken)?.sub == staff.ada.userID)
    }

    @Test func aCompromisedKeyIsWithdrawnAndTheLogTells() async throws {
        let key = fixture.keys.active.id
        #expect(try await send(.post, "/rotate", #"{"withdraw":"nobody"}"#).status == 404)
        #expect(try await send(.post, "/rotate", #"{"withdraw":"\#(key)"}"#).status == 200)
        #expect(!fixture.keys.published.contains(key))
        #expect(await fixture.keys.claims(of: staff.ada.accessToken) == nil)
        let published = try await fixture.send(.get, "/.well-known/jwks.json", identity: nil)
        #expect(published.bytes == fixture.keys.document && !published.text.contains(key))
        let lines = try await staff.lines("&action=keys.rotate")
        #expect(lines.count == 1 && lines[0]["actor"]?.string == staff.admin.userID)
        #expect(lines[0]["after"]?["withdraw"]?.string == key)
    }

    /// The key of before must neither sign nor be published again because a step of before comes back late: a gateway that
    /// asks in between would keep it for minutes.
    @Test func aKeyThatIsWithdrawnMeanwhileDoesNotComeBack() async throws {
        let key = fixture.keys.active.id
        let store = fixture.store
        let interleaved = InterleavedDatabase(store.database)
        let late = KeyRotator(
            store: SigningKeyStore(
                database: interleaved, clock: store.clock, identifiers: store.identifiers, sealer: store.sealer,
                policy: StoreFixture.keyPolicy),
            ring: fixture.rotator.ring, logger: fixture.rotator.logger, clock: store.clock,
            servedSince: fixture.rotator.servedSince)
        interleaved.afterNextWrite { [fixture] in
            let rotation = try await fixture.rotator.rotate(withdrawing: key)
            #expect(rotation != nil)
        }
        #expect(try await late.rotate() != nil)
        #expect(fixture.keys.active.id != key && !fixture.keys.published.contains(key))
        await late.step()
        #expect(fixture.keys.active.id != key && !fixture.keys.published.contains(key))
    }

    @Test func othersMayNot() async throws {
        for (method, path) in [(HTTPRequest.Method.get, ""), (.post, "/rotate")] {
            for login in [staff.ada, staff.support] {
                #expect(try await send(method, path, as: login).code == "insufficient_role")
            }
            let weak = try await send(method, path, scopes: AccessTokenIssuer.scopes)
            #expect(weak.code == "insufficient_scope")
            #expect(try await fixture.send(method, "/v1/admin/keys\(path)").status == 401)
        }
        let before = fixture.keys.document
        fixture.store.clock.advance(seconds: 301)
        let stale = try await send(.post, "/rotate", #"{"withdraw":"\#(fixture.keys.active.id)"}"#)
        #expect(stale.status == 401 && stale.code == "insufficient_user_authentication")
        #expect(stale.fields[.wwwAuthenticate]?.contains("max_age=\"300\"") == true)
        #expect(try await send(.get, "").status == 200)
        #expect(fixture.keys.document == before)
    }

    @Test(arguments: [#"{"state":"active"}"#, #"{"withdraw":7}"#, #"{"withdraw":""}"#, "[]"])
    func otherBodiesAreRefused(body: String) async throws {
        let answer = try await send(.post, "/rotate", body)
        #expect(answer.status == 422 || answer.status == 400)
    }
}
