import Chassis
import HTTP
import JSON

/// Everything that is held about one user, as one JSON object: `{exported_at, user, sessions, api_keys, …,
/// payments_service}`. A page of a list is all that is held at a time.
struct UserExport: Sendable {
    let store: ExportStore
    let userID: String

    /// - Parameter payments: What payments-service holds: a JSON object, relayed as it arrives.
    /// - Throws: When a part cannot be read. The document then has no end, and the connection is cut.
    func write(to body: BodyWriter, payments: TextPieces) async throws {
        var document = DocumentStream(body)
        try await document.member("exported_at", RFC3339.string(store.clock.now))
        try await document.member("user", try await store.user(userID))
        for section in ExportSection.all {
            try await document.list(section.name) { (last: ExportRow?) in
                try await store.rows(of: section, userID, after: last)
            } write: {
                $1.raw($0.json)
            }
        }
        try await document.member("payments_service") { try await payments() }
        try await document.end()
    }
}
