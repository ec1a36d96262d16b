import Chassis
import HTTPTypes
import Yams

@testable import Gateway

/// Who may do what, as a configuration file declares it. It is read here with a reader and rules of the tests' own: they
/// share nothing with what the gateway makes of the file.
struct AuthorizationMatrix {
    /// What one route says about itself.
    struct Declaration {
        var path: String
        var methods: Set<String>
        /// Empty for a public route.
        var credentials: Set<String>
        var scopes: Set<String>
        var roles: Set<String>
        /// Whether it asks for a login that is not long ago.
        var needsRecentLogin: Bool
        /// The kinds of login that it takes; empty takes any.
        var contexts: Set<String>
        /// Whether the gateway answers by itself.
        var isOwn: Bool
        /// Whether it is a part of the fault lab, which is off here: 404 to whoever gets there.
        var isOff: Bool

        /// A path that it matches.
        var example: String {
            path.split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("{") ? parameter : $0 == "*" ? rest : String($0) }.joined(separator: "/")
        }

        /// What the gateway reads itself has to be an id of a trace.
        private var parameter: String { isOwn ? "0af7651916cd43dd8448eb211c80319c" : "some" }

        /// Below the console's prefix only its files are there.
        private var rest: String { path == "/console/*" ? "main.js" : "any" }

        func matches(_ other: String) -> Bool {
            let mine = path.split(separator: "/", omittingEmptySubsequences: false)
            let theirs = other.split(separator: "/", omittingEmptySubsequences: false)
            return mine.count == theirs.count
                && zip(mine, theirs).allSatisfy { $0 == $1 || (($0.hasPrefix("{") || $0 == "*") && !$1.isEmpty) }
        }

        /// Names before places: the more of the former, the more exact.
        var exactness: Int { path.split(separator: "/").count { !$0.hasPrefix("{") && $0 != "*" } }
    }

    /// What a caller shows.
    enum Caller: CustomStringConvertible {
        case nobody
        case token(scopes: Set<String>, roles: Set<String>)
        case expiredToken(scopes: Set<String>, roles: Set<String>)
        /// A good token of a login that is days ago.
        case oldLogin(scopes: Set<String>, roles: Set<String>)
        case key(scopes: Set<String>)

        var description: String {
            switch self {
            case .nobody: "nobody"
            case .token(let scopes, let roles): "token \(scopes.sorted()) \(roles.sorted())"
            case .expiredToken: "expired token"
            case .oldLogin: "token of an old login"
            case .key(let scopes): "key \(scopes.sorted())"
            }
        }
    }

    enum Outcome: Equatable {
        case reaches
        case refused(Int)
    }

    let declarations: [Declaration]

    init(_ yaml: String) throws {
        let file = try Yams.load(yaml: yaml) as? [String: Any] ?? [:]
        let routes = file["routes"] as? [[String: Any]] ?? []
        let aggregates = file["aggregates"] as? [[String: Any]] ?? []
        declarations =
            routes.map { Self.declaration($0) } + aggregates.map { Self.declaration($0, methods: ["GET", "HEAD"]) }
    }

    private static func declaration(_ entry: [String: Any], methods known: Set<String>? = nil) -> Declaration {
        let auth = entry["auth"] as? [String] ?? (entry["auth"] as? String).map { [$0] } ?? ["token"]
        var methods = known ?? Set(entry["methods"] as? [String] ?? Self.methods)
        if methods.contains("GET") { methods.insert("HEAD") }
        return Declaration(
            path: entry["path"] as? String ?? "", methods: methods, credentials: Set(auth).subtracting(["public"]),
            scopes: Set(entry["scopes"] as? [String] ?? []), roles: Set(entry["roles"] as? [String] ?? []),
            needsRecentLogin: entry["step_up"] != nil, contexts: contexts(entry["step_up"]),
            isOwn: entry["serve"] != nil, isOff: entry["serve"] as? String == "faults")
    }

    private static func contexts(_ stepUp: Any?) -> Set<String> {
        let value = (stepUp as? [String: Any])?["acr"]
        return Set(value as? [String] ?? (value as? String).map { [$0] } ?? [])
    }

    /// How every caller has logged in.
    var context: String? { declarations.flatMap { $0.contexts.sorted() }.first }

    /// DELETE comes last: it may end the session of the token that it is asked with.
    static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "PURGE", "DELETE"]

    /// A path for each route.
    var paths: [String] { Set(declarations.map(\.example)).sorted() }

    /// Some that no route names.
    static let strangePaths = [
        "/api", "/api/v1", "/api/v1/nothing", "/v1/users/me", "/v1/accounts", "/internal/v1/events",
        "/metrics",
        "/readyz", "/drain", "/ledger/trial-balance", "/api/v1/accounts/some/entries/some", "/API/v1/accounts",
    ]

    var callers: [Caller] {
        let scopes = declarations.reduce(into: Set<String>()) { $0.formUnion($1.scopes) }.union(["unknown:scope"])
        let roles: [Set<String>] = [[], ["support"], ["admin"], ["support", "admin"]]
        var callers: [Caller] = [
            .nobody, .expiredToken(scopes: scopes, roles: ["admin"]),
            .oldLogin(scopes: scopes, roles: ["admin"]), .key(scopes: []), .key(scopes: scopes),
        ]
        for roles in roles { callers += [.token(scopes: scopes, roles: roles), .token(scopes: [], roles: roles)] }
        for scope in scopes.sorted() {
            callers += [
                .token(scopes: [scope], roles: []), .token(scopes: scopes.subtracting([scope]), roles: ["admin"]),
                .key(scopes: [scope]), .key(scopes: scopes.subtracting([scope])),
            ]
        }
        return callers
    }

    func route(_ method: String, _ path: String) -> Declaration? {
        declarations.filter { $0.matches(path) && $0.methods.contains(method) }.max { $0.exactness < $1.exactness }
    }

    func outcome(_ method: String, _ path: String, _ caller: Caller) -> Outcome {
        guard let route = route(method, path) else {
            return .refused(declarations.contains { $0.matches(path) } ? 405 : 404)
        }
        if route.credentials.isEmpty { return .reaches }
        switch caller {
        case .nobody, .expiredToken: return .refused(401)
        case .token(let scopes, let roles): return outcome(route, "token", scopes, roles)
        case .oldLogin(let scopes, let roles):
            let outcome = outcome(route, "token", scopes, roles)
            return outcome == .reaches && route.needsRecentLogin ? .refused(401) : outcome
        case .key(let scopes): return outcome(route, "api_key", scopes, [])
        }
    }

    private func outcome(
        _ route: Declaration, _ credential: String, _ scopes: Set<String>, _ roles: Set<String>
    ) -> Outcome {
        guard route.credentials.contains(credential) else { return .refused(401) }
        let isAllowed =
            route.scopes.isSubset(of: scopes) && (route.roles.isEmpty || !route.roles.isDisjoint(with: roles))
        guard isAllowed else { return .refused(403) }
        return route.contexts.isEmpty || context.map(route.contexts.contains) == true ? .reaches : .refused(401)
    }
}
