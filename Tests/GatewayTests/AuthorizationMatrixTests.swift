import Chassis
import HTTP
import HTTPTypes
import Synchronization
import Testing

@testable import Gateway

/// Every kind of caller at every route with every method, against what the file says about it.
@Suite struct AuthorizationMatrixTests {
    private typealias Caller = AuthorizationMatrix.Caller

    /// The built-in configuration, with the fixture's upstreams.
    static let builtIn = DefaultConfiguration.text
        .replacing("${USER_SERVICE_URL:-http://127.0.0.1:8081}", with: "${USERS}")
        .replacing("${PAYMENTS_SERVICE_URL:-http://127.0.0.1:8082}", with: "${PAYMENTS}")

    /// What the built-in one does not declare: roles, keys alone, and several ways to one path.
    static let roles = """
        upstreams:
          users: { url: "${USERS}" }
          payments: { url: "${PAYMENTS}" }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /.well-known/jwks.json }
        projection: { upstream: users, report_uses: 1h }
        routes:
          - { name: open, path: /open, upstream: payments, auth: public }
          - { name: any, path: /any, upstream: payments }
          - { name: keys, path: /keys-only, upstream: payments, auth: api_key, scopes: [a:read] }
          - { name: both, path: /both, upstream: payments, auth: [token, api_key], scopes: [a:read, b:write] }
          - { name: support, path: /support, upstream: payments, roles: [support, admin] }
          - { name: admin, path: "/support/{id}", methods: [DELETE], upstream: payments, roles: [admin], scopes: [admin] }
          - { name: read, path: "/support/{id}", methods: [GET], upstream: payments, auth: [token, api_key], roles: [support] }
          - { name: own, path: /support/mine, methods: [GET, POST], upstream: payments, scopes: [b:write] }
          - { name: recent, path: /recent, upstream: payments, scopes: [a:read], step_up: { max_age: 5m } }
          - { name: strong, path: /strong, upstream: payments, step_up: { max_age: 5m, acr: "urn:example:mfa" } }
          - { name: other, path: /stronger, upstream: payments, step_up: { max_age: 5m, acr: "urn:example:hardware" } }
        """

    @Test(arguments: [builtIn, roles]) func whatIsNotDeclaredIsRefused(yaml: String) async throws {
        let matrix = try AuthorizationMatrix(yaml)
        #expect(matrix.declarations.count >= 8)
        try await GatewayFixture.run(yaml, rateLimits: .off, monotonic: GatewayFixture.stillTime) { gateway in
            let actors = Actors(gateway, context: matrix.context)
            var counts: [Int: Int] = [:]
            // Once is enough on a clock that stands still: roles are only believed while the feed is fresh.
            try await actors.refresh()
            for path in matrix.paths + AuthorizationMatrix.strangePaths {
                let isStrange = AuthorizationMatrix.strangePaths.contains(path)
                for caller in isStrange ? Array(matrix.callers.prefix(6)) : matrix.callers {
                    let fields = actors.fields(for: caller)
                    for method in AuthorizationMatrix.methods {
                        let expected = matrix.outcome(method, path, caller)
                        let status = try await actors.status(method, path, fields)
                        let reached = actors.reached()
                        let isOwn = matrix.route(method, path)?.isOwn == true
                        let isOff = matrix.route(method, path)?.isOff == true && expected == .reaches
                        let wanted = isOff ? 404 : Self.status(expected)
                        counts[status, default: 0] += 1
                        guard status != wanted || reached != (expected == .reaches && !isOwn) else {
                            continue
                        }
                        Issue.record("\(method) \(path) by \(caller): \(status), reached: \(reached), not \(expected)")
                    }
                }
            }
            // A matrix of one colour would prove nothing.
            #expect([200, 401, 403, 404, 405].allSatisfy { counts[$0, default: 0] > 50 }, "\(counts)")
        }
    }

    private static func status(_ outcome: AuthorizationMatrix.Outcome) -> Int {
        switch outcome {
        case .reaches: 200
        case .refused(let status): status
        }
    }

    /// Makes the credentials of callers and counts what reaches the services.
    private final class Actors: Sendable {
        private let gateway: GatewayFixture
        private let context: String?
        private let service = FakeUserService()
        private let requests = Atomic<Int>(0)
        private let number = Atomic<Int>(0)
        private let keys = Mutex<[Set<String>: String]>([:])

        init(_ gateway: GatewayFixture, context: String?) {
            self.gateway = gateway
            self.context = context
            gateway.users.answer { [self] received in
                if received.target == "/.well-known/jwks.json", received.fields[.init("X-Forwarded-For")!] == nil {
                    return .json(TestIssuer.keySet)
                }
                if received.target.hasPrefix("/internal/") { return try await service.answer(received) }
                return answer()
            }
            gateway.payments.answer { [self] _ in answer() }
        }

        private func answer() -> Response {
            requests.add(1, ordering: .relaxed)
            return .json(Array("{}".utf8))
        }

        /// Whether anything has reached a service since the last call.
        func reached() -> Bool { requests.exchange(0, ordering: .relaxed) > 0 }

        func refresh() async throws { await gateway.gateway.projection?.follow() }

        func status(_ method: String, _ path: String, _ fields: HTTPFields) async throws -> Int {
            try await gateway.send(HTTPRequest.Method(method)!, path, fields: fields).status
        }

        func fields(for caller: Caller) -> HTTPFields {
            switch caller {
            case .nobody: [:]
            case .token(let scopes, let roles): [.authorization: "Bearer \(token(scopes, roles, lifetime: 600))"]
            case .expiredToken(let scopes, let roles):
                [.authorization: "Bearer \(token(scopes, roles, lifetime: -3_600))"]
            case .oldLogin(let scopes, let roles):
                [.authorization: "Bearer \(token(scopes, roles, lifetime: 600, loginAge: 172_800))"]
            case .key(let scopes): [.apiKey: key(scopes)]
            }
        }

        /// Each of a user and a session of its own: logging out and leaving end one caller's alone.
        private func token(_ scopes: Set<String>, _ roles: Set<String>, lifetime: Int64, loginAge: Int64 = 0) -> String
        {
            let (now, id) = (gateway.clock.now / 1_000, number.add(1, ordering: .relaxed).newValue)
            let names = roles.sorted().map { "\"\($0)\"" }.joined(separator: ",")
            let acr = context.map { ",\"acr\":\"\($0)\"" } ?? ""
            return TestIssuer.sign(
                claims: """
                    {"iss":"tollgate","aud":"tollgate","sub":"usr_\(id)","sid":"ses_\(id)","jti":"tok_\(id)",\
                    "scope":"\(scopes.sorted().joined(separator: " "))","roles":[\(names)],"iat":\(now),\
                    "exp":\(now + lifetime),"auth_time":\(now - loginAge)\(acr)}
                    """)
        }

        private func key(_ scopes: Set<String>) -> String {
            keys.withLock { keys in
                if let known = keys[scopes] { return known }
                let secret = service.add("key_\(keys.count)", scopes: scopes.sorted()).exposed
                keys[scopes] = secret
                return secret
            }
        }
    }
}
