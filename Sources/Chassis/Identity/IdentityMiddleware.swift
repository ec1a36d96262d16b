public import HTTP
import HTTPTypes

extension HTTPField.Name {
    /// `Tollgate-Identity`, the token of the calling service.
    static let tollgateIdentity = Self(IdentitySigner.fieldName)
}

/// Lets only services in that may call: 401 unless the request carries a valid `Tollgate-Identity` of an allowed
/// issuer for this service. Sets the request's caller, see ``HTTP/Request/caller``.
public struct IdentityMiddleware: Middleware {
    private let verifier: IdentityVerifier
    private let allowedIssuers: Set<String>

    /// Accepts tokens that `verifier` finds valid and whose `iss` is one of `allowedIssuers`.
    public init(verifier: IdentityVerifier, allowedIssuers: Set<String>) {
        self.verifier = verifier
        self.allowedIssuers = allowedIssuers
    }

    /// Verifies, then calls `next`.
    /// - Throws: ``Problem`` 401; why is in the context's `reason`.
    public func handle(_ request: Request, next: Handler) async throws -> Response {
        let caller: CallerIdentity
        do throws(IdentityRefusal) {
            caller = try verified(request)
        } catch {
            request.context.reason = "identity_\(error.rawValue)"
            throw Problem.unauthorized
        }
        request.context.value = caller
        request.context.caller = caller.subject ?? caller.issuer
        return try await next(request)
    }

    private func verified(_ request: Request) throws(IdentityRefusal) -> CallerIdentity {
        guard let name = HTTPField.Name.tollgateIdentity, let token = request.field(name) else { throw .missing }
        let caller = try verifier.verify(token)
        guard allowedIssuers.contains(caller.issuer) else { throw .issuerNotAllowed }
        return caller
    }
}

extension Problem {
    /// 401 `unauthorized`, without a hint what was wrong.
    public static var unauthorized: Problem {
        Problem(.unauthorized, "unauthorized", detail: "This needs a valid identity.")
    }

    /// 403 `forbidden`: `scope` is not among the scopes of the token (RFC 6750 §3.1).
    public static func missingScope(_ scope: String) -> Problem {
        Problem(.forbidden, "insufficient_scope", detail: "This needs the scope \(scope).")
    }
}

extension Request {
    /// The service that calls, and for whom.
    /// - Throws: ``Problem`` 401 when no ``IdentityMiddleware`` has verified one.
    public var caller: CallerIdentity {
        get throws(Problem) {
            guard let caller = context.value as? CallerIdentity else { throw Problem.unauthorized }
            return caller
        }
    }

    /// The user (`usr_…`) on whose behalf the service calls.
    /// - Throws: ``Problem`` 401 when there is none.
    public var user: String {
        get throws(Problem) {
            guard let subject = try caller.subject else { throw Problem.unauthorized }
            return subject
        }
    }

    /// Demands a scope of the user's token.
    /// - Throws: ``Problem`` 401 without a caller, 403 `insufficient_scope` without the scope.
    public func require(scope: String) throws(Problem) {
        guard try caller.scopes.contains(scope) else { throw Problem.missingScope(scope) }
    }
}
