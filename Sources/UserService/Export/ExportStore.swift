import Chassis
import JSON
import Storage

/// Reads what is held about a user.
struct ExportStore: Sendable {
    let database: any Database
    let clock: any WallClock
    /// How many rows are read at a time.
    var pageSize = 200

    /// The columns of the user's own row that are shown.
    static let userColumns: [(name: String, kind: ExportSection.Kind)] = [
        ("id", .text), ("email", .text), ("name", .text), ("version", .number), ("created_at", .time),
        ("updated_at", .time), ("email_verified_at", .time), ("roles", .text), ("last_login_at", .time),
        ("locked_at", .time), ("lock_reason", .text),
    ]

    private static let userRow = ExportSection(
        "user", table: "users", key: "id", condition: "id = ?1", userColumns)

    /// The user's own row.
    /// - Throws: ``UserGone``.
    func user(_ userID: String) async throws -> JSONText {
        guard let row = try await rows(of: Self.userRow, userID, after: nil).first else { throw UserGone() }
        return JSONText(bytes: row.json)
    }

    /// The rows of a list after one.
    func rows(of section: ExportSection, _ userID: String, after last: ExportRow?) async throws -> [ExportRow] {
        let (sql, limit) = (section.sql, pageSize)
        return try await database.read { reader in
            try reader.all(sql, .text(userID), .text(last?.key ?? ""), SQLValue(limit)) { try section.row($0) }
        }
    }
}

/// JSON that is text already.
struct JSONText: JSONWritable {
    let bytes: [UInt8]

    func write(to json: inout JSONWriter) { json.raw(bytes) }
}

/// The user was erased while the export was read.
struct UserGone: Error {}
