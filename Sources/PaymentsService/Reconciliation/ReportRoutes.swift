import Chassis
import HTTP
import HTTPTypes

/// `/processor/report` on the admin port: the sandbox's own books, as another company would send them.
struct ReportRoutes: Sendable {
    let sandbox: SandboxProcessor
    /// Lets nobody in but operators.
    let guardian: any Middleware
    /// How many lines are read at a time.
    var pageSize = 1_000

    func install(in router: inout Router) {
        router.get("/processor/report") { request in
            try await guardian.handle(request) { _ in
                Response(
                    fields: [.contentType: "text/csv; charset=utf-8", .cacheControl: "no-store"],
                    body: .stream(length: nil) { try await write(to: $0) })
            }
        }
    }

    private func write(to body: BodyWriter) async throws {
        try await body.write(ReportFile.head + "\n")
        let clock = sandbox.clock
        var cursor = SettlementCursor(SandboxBook(database: sandbox.database) { clock.now }, pageSize: pageSize)
        var lines = ""
        while let settlement = try await cursor.peek() {
            cursor.take()
            lines += settlement.csv + "\n"
            if lines.utf8.count > 32 << 10 {
                try await body.write(lines)
                lines = ""
            }
        }
        try await body.write(lines)
    }
}
