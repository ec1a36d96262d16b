import HTTP
import HTTPTypes
import JSON

/// What every service answers on its admin port. No Service or Ingress exposes this port to the public.
struct AdminRoutes: Sendable {
    let name: String
    let version: String
    let health: HealthRegistry
    let metrics: MetricsRegistry
    /// The event loops that do not turn.
    let stuckLoops: @Sendable () -> [Int]

    func add(to router: inout Router) {
        router.get("/livez") { _ in live() }
        router.get("/readyz") { request in await ready(verbose: request.query["verbose"] != nil) }
        router.get("/metrics") { request in metrics(accept: request.field(.accept)) }
        router.get("/version") { _ in versionAnswer() }
    }

    private func live() -> Response {
        let stuck = stuckLoops()
        guard !stuck.isEmpty else { return .text("ok\n") }
        return .text("stuck event loops: \(stuck)\n", status: .serviceUnavailable)
    }

    /// 200 or 503; the failed checks are always listed, the others when asked (`?verbose`).
    private func ready(verbose: Bool) async -> Response {
        let results = await health.results()
        let failed = results.filter(\.status.isUnhealthy)
        guard verbose || !failed.isEmpty else { return .text("ok\n") }
        var json = JSONWriter()
        json.beginObject()
        json.member("status", failed.isEmpty ? "ready" : "unready")
        json.key("checks")
        json.beginArray()
        for result in verbose ? results : failed { write(result, to: &json) }
        json.endArray()
        json.endObject()
        return .json(json.bytes, status: failed.isEmpty ? .ok : .serviceUnavailable)
    }

    private func write(_ result: HealthRegistry.Result, to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", result.name)
        switch result.status {
        case .healthy: json.member("status", "healthy")
        case .degraded(let detail):
            json.member("status", "degraded")
            json.member("detail", detail)
        case .unhealthy(let detail):
            json.member("status", "unhealthy")
            json.member("detail", detail)
        }
        json.endObject()
    }

    private func metrics(accept: String?) -> Response {
        let format = MetricsFormat(accept: accept)
        return Response(fields: [.contentType: format.contentType], body: .bytes(metrics.exposition(format)))
    }

    private func versionAnswer() -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("service", name)
        json.member("version", version)
        json.endObject()
        return .json(json.bytes)
    }
}
