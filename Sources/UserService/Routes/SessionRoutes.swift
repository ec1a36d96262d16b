import Chassis
import HTTP
import HTTPTypes
import JSON
import Logging

/// `/v1/sessions` and `/v1/tokens`: login, refresh and logout.
struct SessionRoutes: Sendable {
    let users: UserStore
    let sessions: SessionGuard
    let gate: PasswordGate
    let verification: EmailVerification
    let issuer: AccessTokenIssuer
    let logger: Logger
    let secondFactor: SecondFactorLogin
    let metrics: CredentialMetrics

    private var store: SessionStore { sessions.sessions }

    func register(on router: inout Router) {
        router.post("/v1/sessions", bodyLimit: 16_384) { request in try await metrics.login { try await logIn(request) }
        }
        router.delete("/v1/sessions/current") { try await logOut($0) }
        router.post("/v1/tokens/refresh", bodyLimit: 4_096) { try await refresh($0) }
    }

    /// `POST /v1/sessions {email, password, code? | recovery_code?}`: 201 with tokens. A wrong password and an unknown
    /// address are the same 401 after the same work: one look-up, one hash. 429 when there were too many wrong ones; 403 `email_not_verified`, which
    /// only who knows the password sees.
    private func logIn(_ request: Request) async throws -> Response {
        let body = try LoginBody(try await request.jsonObject())
        guard let credential = try await gate.logIn(body.email, body.password, request) else {
            request.context.reason = "login_refused"
            throw Problem.invalidCredentials
        }
        if verification == .required, !credential.isEmailVerified { throw Problem.emailNotVerified }
        let (session, token) = try await begin(with: credential, body.proof, request)
        request.context.caller = session.userID
        return try await tokens(session, token, .created)
    }

    /// Who has the right password of a locked account is its owner and may know; everybody else is told nothing.
    private func begin(
        with credential: Credential, _ proof: FactorProof?, _ request: Request
    ) async throws -> (Session, RefreshToken) {
        do {
            return try await secondFactor.begin(credential, proof: proof, request)
        } catch is UserLocked {
            request.context.reason = "account_locked"
            throw Problem.accountLocked
        } catch is CredentialOutdated {
            // The password was right a moment ago, and is none any more.
            request.context.reason = "credential_outdated"
            throw Problem.invalidCredentials
        }
    }

    /// `POST /v1/tokens/refresh {refresh_token}`: 200 with new tokens, or 401 `invalid_refresh_token`.
    private func refresh(_ request: Request) async throws -> Response {
        guard let token = try RefreshBody(try await request.jsonObject()).token else {
            throw Problem.invalidRefreshToken
        }
        switch try await store.refresh(token, from: SessionClient(request)) {
        case .renewed(let session, let successor):
            request.context.caller = session.userID
            return try await tokens(session, successor, .ok)
        case .reused(let session):
            request.context.reason = "refresh_token_reused"
            warn(ofReuseIn: session, request)
            throw Problem.invalidRefreshToken
        case .refused:
            throw Problem.invalidRefreshToken
        }
    }

    private func warn(ofReuseIn session: Session, _ request: Request) {
        logger.warning(
            "A refresh token was used again; its session is revoked",
            metadata: [
                "session": "\(session.id)", "user": "\(session.userID)", "request_id": "\(request.context.id)",
            ])
    }

    /// `DELETE /v1/sessions/current`: 204; access and refresh tokens of the session are void from now on.
    private func logOut(_ request: Request) async throws -> Response {
        let session = try await sessions.session(of: request)
        guard try await store.logOut(id: session.id) else { throw Problem.sessionRevoked }
        return .empty(.noContent)
    }

    private func tokens(
        _ session: Session, _ refreshToken: RefreshToken, _ status: HTTPResponse.Status
    ) async throws -> Response {
        try await SessionTokens(issuer: issuer, users: users).answer(
            session, refreshToken, status, now: store.clock.now)
    }
}

extension Problem {
    /// 401 `invalid_credentials`: says nothing about which of the two was wrong.
    static let invalidCredentials = Problem(
        .unauthorized, "invalid_credentials", detail: "The e-mail address or the password is wrong.")

    /// 403 `account_locked`: only for who knows the password (OWASP ASVS 5.0, 6.3.8).
    static let accountLocked = Problem(
        .forbidden, "account_locked", detail: "This account is locked. Support can say why.")

    /// 403 `email_not_verified`: the password is right, but the address has to be verified first.
    fileprivate static let emailNotVerified = Problem(
        .forbidden, "email_not_verified", detail: "Verify your e-mail address first. You can ask for another mail.")

    /// 401 `invalid_refresh_token`: unknown, expired, revoked or used; not told apart.
    fileprivate static let invalidRefreshToken = Problem(
        .unauthorized, "invalid_refresh_token", detail: "The refresh token is not valid. Log in again.")
}
