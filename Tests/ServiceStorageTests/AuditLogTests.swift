import Chassis
import HTTP
import HTTPTypes
import JSON
import ServiceStorage
import Storage
import TestSupport
import Testing

@Suite struct AuditLogTests {
    private enum Action: String { case look, act }

    private struct Unexpected: Error {}

    private static let table = Migration(
        number: 1, name: "audit",
        sql: """
            CREATE TABLE audit_log (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, occurred_at INTEGER NOT NULL,
                actor TEXT NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT, target TEXT, address TEXT,
                request_id TEXT, before TEXT, after TEXT
            ) STRICT;
            """)

    private let directory: TemporaryDirectory
    private let database: SQLiteDatabase
    private let log: AuditLog

    init() async throws {
        directory = try TemporaryDirectory()
        database = try await SQLiteDatabase.open(path: directory.file("log.sqlite"), migrations: [Self.table])
        log = AuditLog(
            database: database, clock: ManualWallClock(now: 1_795_780_800_000),
            identifiers: UUIDv7Generator())
        let eve = AuditOrigin(actor: "eve", address: "203.0.113.9", requestID: "r")
        try await log.append(AuditEntry(action: Action.look, target: "usr_1"), by: eve)
        try await log.append(AuditEntry(action: Action.look, target: nil), by: .process)
        try await log.append(
            AuditEntry(action: Action.act, outcome: .refused(code: "no"), target: "usr_1", before: #"{"a":1}"#), by: eve
        )
    }

    @Test("A list shows what is asked for, newest first")
    func filters() async throws {
        #expect(try await log.lines(limit: 10).map(\.sequence) == [3, 2, 1])
        #expect(try await log.lines(limit: 2).map(\.sequence) == [3, 2])
        #expect(try await log.lines(before: 3, limit: 10).map(\.sequence) == [2, 1])
        #expect(try await log.lines(.init(actor: "eve"), limit: 10).map(\.sequence) == [3, 1])
        #expect(try await log.lines(.init(target: "usr_1", action: "look"), limit: 10).map(\.sequence) == [1])
        #expect(try await log.lines(.init(actor: "system"), limit: 10).map(\.origin) == [.process])
    }

    @Test("A line goes with the act that it tells of")
    func oneTransaction() async throws {
        struct Failure: Error {}
        await #expect(throws: Failure.self) {
            try await database.write { [log] transaction in
                try log.append(AuditEntry(action: Action.act, target: nil), by: .process, now: 1, in: transaction)
                throw Failure()
            }
        }
        #expect(try await log.lines(limit: 10).count == 3)
    }

    @Test("A page says all of a line, and where to go on")
    func page() async throws {
        let answer = try await log.page(ListQuery(limit: 1, kind: "audit"), .init())
        #expect(answer.fields[.cacheControl] == "no-store")
        guard case .bytes(let bytes) = answer.body else { throw Unexpected() }
        let page = try JSONValue(parsing: bytes)
        let line = try #require(page["data"]?.array?.first)
        #expect(line["occurred_at"]?.string == "2026-11-27T12:00:00.000Z")
        #expect(line["action"]?.string == "act" && line["outcome"]?.string == "refused" && line["code"]?.string == "no")
        #expect(line["client_address"]?.string == "203.0.113.9" && line["request_id"]?.string == "r")
        #expect(line["before"]?["a"]?.integer == 1 && line["after"] == .null)
        let cursor = try Cursor(try #require(page["next_cursor"]?.string), kind: "audit")
        #expect(cursor.key == "3")
        await #expect(throws: Problem.self) { try await log.page(ListQuery(after: "x", kind: "audit"), .init()) }
    }
}
