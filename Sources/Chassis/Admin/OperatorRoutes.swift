import HTTP
import HTTPTypes
import JSON
import Logging

/// The switches of the admin port: they change what the process does, so they need the admin token.
struct OperatorRoutes: Sendable {
    let guardian: AdminToken
    let threshold: LogThreshold
    let health: HealthRegistry
    let logger: Logger
    /// Has answers say `Connection: close`.
    let beginDrain: @Sendable () -> Void

    func add(to router: inout Router) {
        router.get("/log-level", guarded { _ in level() })
        router.put("/log-level", bodyLimit: 1_024, guarded(setLevel))
        router.post("/drain", bodyLimit: 0, guarded { _ in drain() })
    }

    private func guarded(_ handler: @escaping Handler) -> Handler {
        { request in try await guardian.handle(request, next: handler) }
    }

    /// What SIGTERM does first, without the end: not ready any more, and kept connections are told to go.
    private func drain() -> Response {
        logger.notice("draining", metadata: ["cause": "admin"])
        health.startDraining()
        beginDrain()
        return Response(status: .accepted)
    }

    @Sendable private func setLevel(_ request: Request) async throws -> Response {
        let level = try await Self.requestedLevel(request)
        logger.notice("The log level was changed", metadata: ["from": "\(threshold.level)", "to": "\(level)"])
        threshold.level = level
        return self.level()
    }

    private func level() -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("level", threshold.level.rawValue)
        json.endObject()
        return .json(json.bytes)
    }

    private static func requestedLevel(_ request: Request) async throws -> Logger.Level {
        var body = try JSONObjectReader(try await request.body.collect())
        let level = Logger.Level(rawValue: body.string("level"))
        if level == nil, body.errors.isEmpty {
            body.fail("level", "must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        try body.finish()
        return level ?? .info
    }
}
