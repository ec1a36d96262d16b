import Chassis
import HTTP
import HTTPTypes
import ServiceStorage
import Storage

/// Admits support and admins. The gateway has looked at the token's roles already; here the roles of this moment count,
/// and an attempt that is refused leaves a line in the audit log.
struct AdminGuard: Sendable {
    let sessions: SessionGuard
    let store: AdministrationStore

    /// The one who acts, in a live session.
    /// - Parameters:
    ///   - role: What the action asks for. An admin may do what support may.
    ///   - target: The user whom the action is about, for the log.
    /// - Throws: ``Problem`` 401, 403 `session_required`, `insufficient_role` or `insufficient_scope`.
    func admit(
        _ request: Request, to action: AuditAction, as role: Role, target: String? = nil
    ) async throws -> AdministrationStore.Actor {
        let session = try await sessions.session(of: request)
        let origin = AuditOrigin(actor: session.userID, of: request)
        let roles = try await store.roles(of: session.userID)
        let problem = try Self.problem(request, roles: roles, needing: role)
        guard let problem else {
            return AdministrationStore.Actor(
                rules: .init(id: session.userID, roles: roles), origin: origin,
                authority: sessions.authority(of: session))
        }
        request.context.reason = problem.code
        if store.refusals.admits(session.userID, now: store.clock.now) {
            try await store.audit.append(
                AuditEntry(action: action, outcome: .refused(code: problem.code), target: target), by: origin)
        }
        throw problem
    }

    private static func problem(_ request: Request, roles: Roles, needing role: Role) throws -> Problem? {
        guard roles.contains(.admin) || (role == .support && roles.contains(.support)) else {
            return .insufficientRole
        }
        guard role == .admin, try !request.caller.scopes.contains(AccessTokenIssuer.adminScope) else { return nil }
        return .missingScope(AccessTokenIssuer.adminScope)
    }
}

extension AdministrationStore {
    fileprivate func roles(of userID: String) async throws -> Roles {
        try await database.lookup { reader in
            guard let standing = try Standing.of(userID, in: reader), !standing.isLocked else { return .none }
            return standing.roles
        }
    }
}

extension Problem {
    /// 403 `insufficient_role`, as the gateway says it.
    static let insufficientRole = Problem(
        .forbidden, "insufficient_role", detail: "This needs a role that the caller does not have.")
}
