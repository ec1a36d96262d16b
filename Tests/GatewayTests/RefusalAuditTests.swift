import Chassis
import HTTP
import HTTPTypes
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// Who is refused a route of the staff is written down.
@Suite struct RefusalAuditTests {
    /// Keeps the lines of a logger.
    private struct Lines: LogHandler {
        final class Log: Sendable {
            private let events = Mutex<[(level: Logger.Level, fields: [String: String])]>([])

            var audit: [(level: Logger.Level, fields: [String: String])] {
                events.withLock { $0.filter { $0.fields["category"] == "audit" } }
            }

            func append(_ level: Logger.Level, _ fields: [String: String]) {
                events.withLock { $0.append((level, fields)) }
            }
        }

        let log: Log
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.critical

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            log.append(event.level, all.mapValues { "\($0)" })
        }
    }

    private static let yaml = """
        upstreams:
          users: { url: "${USERS}" }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        routes:
          - { name: list-users, path: /admin/users, upstream: payments, roles: [support, admin] }
          - { name: read-audit, path: /admin/audit, upstream: payments, roles: [admin], scopes: [admin] }
          - { name: mine, path: /mine, upstream: payments, scopes: [admin] }
        """

    /// Runs `body` with a gateway whose log lets nothing but audit lines and critical ones through.
    private func run(_ body: @Sendable (GatewayFixture, Lines.Log) async throws -> Void) async throws {
        let log = Lines.Log()
        let logger = Logger(label: "test") { _ in Lines(log: log) }
        try await GatewayFixture.run(Self.yaml, logger: logger) { try await body($0, log) }
    }

    private static func token(_ gateway: GatewayFixture, roles: String) -> String {
        TestIssuer.sign(claims: TestIssuer.claims(now: gateway.clock.now, changing: "roles", to: roles))
    }

    @Test func aMissingRoleIsWrittenDown() async throws {
        try await run { gateway, log in
            let answer = try await gateway.send(.get, "/admin/users", token: gateway.token)
            #expect(answer.status == 403)
            let line = try #require(log.audit.first)
            #expect(log.audit.count == 1)
            #expect(line.level == .notice, "whatever the level of the log is")
            let trace = try #require(line.fields["trace_id"])
            #expect(answer.text.contains("\"trace_id\":\"\(trace)\""))
            #expect(
                line.fields == [
                    "trace_id": trace, "span_id": try #require(line.fields["span_id"]), "category": "audit",
                    "actor": try #require(gateway.observed.notes.last?.caller),
                    "action": "list-users", "outcome": "refused", "code": "insufficient_role",
                    "client_address": "127.0.0.1", "request_id": try #require(answer.fields[.requestID]),
                ])
        }
    }

    @Test func aMissingScopeIsWrittenDown() async throws {
        try await run { gateway, log in
            try await gateway.expect(403, .get, "/admin/audit", token: Self.token(gateway, roles: #"["admin"]"#))
            #expect(log.audit.map { $0.fields["code"] } == ["insufficient_scope"])
            #expect(log.audit.map { $0.fields["action"] } == ["read-audit"])
        }
    }

    /// Those who are let in are the access log's business, as is a scope that anybody may ask for.
    @Test func nothingElseIsWrittenDown() async throws {
        try await run { gateway, log in
            try await gateway.expect(200, .get, "/admin/users", token: Self.token(gateway, roles: #"["support"]"#))
            try await gateway.expect(403, .get, "/mine", token: gateway.token)
            try await gateway.expect(401, .get, "/admin/users")
            try await gateway.expect(401, .get, "/admin/users", token: "junk")
            try await gateway.expect(404, .get, "/admin/nothing", token: gateway.token)
            #expect(log.audit.isEmpty)
        }
    }

    /// Nobody hides an attempt among thousands, not even across reloads.
    @Test func theyAreBoundedAndTheRestIsCounted() async throws {
        try await run { gateway, log in
            GatewayMetrics(gateway.metrics).watch(gateway.live)
            let most = RefusalAllowance.mostOfOne
            for _ in 0..<most { try await gateway.expect(403, .get, "/admin/users", token: gateway.token) }
            try gateway.reload(Self.yaml + "\n# another one\n")
            for _ in 0..<3 { try await gateway.expect(403, .get, "/admin/users", token: gateway.token) }
            #expect(log.audit.count == most)
            let text = String(decoding: gateway.metrics.exposition(), as: UTF8.self)
            #expect(text.contains("gateway_audit_refusals_dropped_total 3"))
            gateway.clock.advance(seconds: 60)
            try await gateway.expect(403, .get, "/admin/users", token: gateway.token)
            #expect(log.audit.count == most + 1)
        }
    }
}
