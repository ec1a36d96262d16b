import Chassis
import HTTP
import HTTPTypes
import JSON
import Storage
import Testing

@testable import UserService

@Suite struct AuditTests {
    private let admins: AdminFixture

    init() async throws { admins = try await AdminFixture() }

    @Test func aLineSaysWhoWhatWhereBeforeAndAfter() async throws {
        _ = try await admins.lock(admins.ada, as: admins.support, reason: "asked for")
        _ = try await admins.setRoles(["support"], of: admins.grace, as: admins.admin)
        let lines = try await admins.lines()
        #expect(lines.count == 2)
        let (roles, lock) = (lines[0], lines[1])
        #expect(lock["action"]?.string == "user.lock" && lock["outcome"]?.string == "done" && lock["code"] == .null)
        #expect(lock["actor"]?.string == admins.support.userID && lock["target"]?.string == admins.ada.userID)
        #expect(lock["client_address"]?.string == "203.0.113.5" && lock["request_id"]?.string?.isEmpty == false)
        #expect(lock["before"]?["state"]?.string == "active" && lock["after"]?["state"]?.string == "locked")
        #expect(
            lock["after"]?["lock_reason"]?.string == "asked for" && lock["occurred_at"]?.string?.hasSuffix("Z") == true)
        #expect(roles["before"]?["roles"]?.strings == ["user"])
        #expect(roles["after"]?["roles"]?.strings == ["user", "support"])
        #expect(!lines.contains { "\($0)".contains("@example.com") })
    }

    @Test func theLogIsFilteredAndPaged() async throws {
        _ = try await admins.lock(admins.ada, as: admins.support)
        _ = try await admins.send(.post, "/users/\(admins.ada.userID)/unlock", as: admins.admin)
        _ = try await admins.lock(admins.grace, as: admins.admin)
        #expect(try await admins.lines("&actor=\(admins.support.userID)").count == 1)
        #expect(try await admins.lines("&target=\(admins.ada.userID)").count == 2)
        #expect(try await admins.lines("&action=user.unlock&target=\(admins.ada.userID)").count == 1)
        #expect(try await admins.send(.get, "/audit?action=nothing", as: admins.admin).status == 400)
        let first = try await admins.send(.get, "/audit?limit=2", as: admins.admin)
        let cursor = try #require(first.json["next_cursor"]?.string)
        let second = try await admins.send(.get, "/audit?limit=2&cursor=\(cursor)", as: admins.admin)
        #expect(first.json["data"]?.array?.count == 2 && second.json["data"]?.array?.count == 1)
        #expect(second.json["data"]?[0]?["action"]?.string == "user.lock" && second.json["next_cursor"] == .null)
    }

    /// Not even the program's own connection changes a line.
    @Test func theTableIsAppendOnly() async throws {
        _ = try await admins.lock(admins.ada, as: admins.support)
        for statement in ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"] as [SQL] {
            await #expect(throws: DatabaseError.self) {
                try await admins.fixture.store.database.write { _ = try $0.execute(statement) }
            }
        }
        #expect(try await admins.lines().first?["actor"]?.string == admins.support.userID)
    }

    /// A rule's refusal, too, is remembered with its reason, and changes nothing.
    @Test func refusalsAreRemembered() async throws {
        _ = try await admins.lock(admins.admin, as: admins.admin)
        _ = try await admins.lock(admins.admin, as: admins.support)
        let lines = try await admins.lines("&action=user.lock")
        #expect(lines.map { $0["code"]?.string } == ["insufficient_role", "own_account"])
        #expect(lines.allSatisfy { $0["outcome"]?.string == "refused" && $0["before"] == .null })
    }

    @Test func refusalsAreBounded() async throws {
        for _ in 0..<RefusalAllowance.mostOfOne + 5 {
            let answer = try await admins.send(.get, "/audit", as: admins.ada)
            #expect(answer.status == 403)
        }
        #expect(try await admins.lines("&actor=\(admins.ada.userID)").count == RefusalAllowance.mostOfOne)
        admins.fixture.store.clock.advance(seconds: 60)
        _ = try await admins.send(.get, "/audit", as: admins.ada)
        #expect(try await admins.lines("&actor=\(admins.ada.userID)").count == RefusalAllowance.mostOfOne + 1)
    }

    @Test func theAllowanceIsSharedByAll() {
        let allowance = RefusalAllowance()
        var written = 0
        for actor in 0..<RefusalAllowance.most + 7 where allowance.admits("usr_\(actor)", now: 0) { written += 1 }
        #expect(written == RefusalAllowance.most && allowance.dropped == 7)
        #expect(allowance.admits("usr_1", now: 60_000))
    }
}
