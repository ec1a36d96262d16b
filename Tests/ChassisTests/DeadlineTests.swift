import HTTP
import HTTPTypes
import Sockets
import Testing

@testable import Chassis

@Suite struct DeadlineTests {
    /// What a handler behind the middleware sees of the deadline: `nil` when it is not reached.
    private static func left(_ field: String?, deadline: UInt64? = nil) async throws -> UInt64? {
        var fields: HTTPFields = [:]
        if let field, let name = HTTPField.Name(DeadlineMiddleware.fieldName) { fields[name] = field }
        let request = try Request(method: .get, target: "/", fields: fields)
        request.context.deadline = deadline
        let before = CoarseClock.milliseconds()
        _ = try await DeadlineMiddleware().handle(request) { _ in .empty() }
        return request.context.deadline.map { $0 - min($0, before) }
    }

    @Test func theFieldBecomesADeadline() async throws {
        let left = try #require(try await Self.left("30000"))
        #expect((30_000...60_000).contains(left))
    }

    @Test func aNearerOneStays() async throws {
        let left = try #require(try await Self.left("30000", deadline: CoarseClock.milliseconds() + 5_000))
        #expect(left <= 5_000)
    }

    @Test(arguments: [nil, "", "soon", "-1", "1 000", "+5", "1e3", "9999999999", "٣"])
    func anythingElseIsNone(field: String?) async throws {
        #expect(try await Self.left(field) == nil)
    }

    @Test func withNoTimeLeftNothingIsBegun() async throws {
        await #expect(throws: Problem.deadlineExceeded) { try await Self.left("0") }
    }

    @Test func whatHasPassedIsRefused() {
        #expect(throws: Problem.deadlineExceeded) { try Deadline(at: CoarseClock.milliseconds()).expect() }
        #expect(throws: Never.self) { try Deadline(at: CoarseClock.milliseconds() + 60_000).expect() }
        #expect(throws: Never.self) { try Deadline.none.expect() }
    }
}
