import Chassis
import HTTP
import HTTPTypes
import ServiceStorage

/// Admits somebody of the staff in a login of theirs. The gateway asks for the roles already, and knows within seconds
/// when they change; here they are asked for again, so that no route of a gateway's file can open what is not everybody's.
enum SupportGuard {
    /// The roles that may look at accounts of others, freeze and unfreeze them.
    private static let roles: Set<String> = ["support", "admin"]

    /// Who acts.
    ///
    /// - Throws: `Problem` 401, 403 `session_required` or `insufficient_role`.
    static func admit(_ request: Request) throws(Problem) -> AuditOrigin {
        let (user, caller) = (try request.user, try request.caller)
        guard caller.sessionID != nil else {
            throw Problem(.forbidden, "session_required", detail: "This needs the access token of a login.")
        }
        guard !roles.isDisjoint(with: caller.roles) else { throw refusal(request) }
        return AuditOrigin(actor: user, of: request)
    }

    /// An admin with the scope `admin`.
    ///
    /// - Throws: As above, and 403 `insufficient_scope`.
    static func admitAdmin(_ request: Request) throws(Problem) {
        _ = try admit(request)
        guard try request.caller.roles.contains("admin") else { throw refusal(request) }
        try request.require(scope: "admin")
    }

    private static func refusal(_ request: Request) -> Problem {
        request.context.reason = "insufficient_role"
        return Problem(.forbidden, "insufficient_role", detail: "This needs a role that the caller does not have.")
    }
}
