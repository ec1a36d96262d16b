import Chassis
import HTTP
import HTTPTypes
import JSON

/// The second half of a login, and the new proof of who a user is within a session.
struct SecondFactorLogin: Sendable {
    let factors: SecondFactorStore
    let sessions: SessionGuard
    let gate: PasswordGate
    let tokens: SessionTokens
    let metrics: CredentialMetrics

    func register(on router: inout Router) {
        router.post("/v1/sessions/second-factor", bodyLimit: 4_096) { request in
            try await metrics.login { try await answer(request) }
        }
        router.post("/v1/sessions/current/reauthenticate", bodyLimit: 4_096) { try await reauthenticate($0) }
    }

    /// Begins the session of a login with the right password, if that is all it needs or the rest was brought along.
    /// - Throws: ``Problem`` 401 `second_factor_required` with a challenge, 401 `invalid_second_factor`, 429
    ///   `too_many_codes`; ``CredentialOutdated``, ``UserLocked``.
    func begin(
        _ credential: Credential, proof: FactorProof?, _ request: Request
    ) async throws -> (Session, RefreshToken) {
        let client = SessionClient(request)
        guard try await factors.isOn(for: credential.userID) else {
            return try await sessions.sessions.begin(
                userID: credential.userID, with: credential.version, client: client)
        }
        guard let proof else {
            request.context.reason = "second_factor_required"
            throw Problem.secondFactorRequired(try await factors.challenge(credential))
        }
        switch try await factors.begin(credential, with: proof, from: client) {
        case .begun(let session, let token): return (session, token)
        case .refused(let verdict): try verdict.expectRight(now: factors.clock.now, request)
        case .over: break
        }
        throw Problem.invalidCredentials
    }

    /// `POST /v1/sessions/second-factor {challenge, code | recovery_code}`: 201 with tokens, 401 `invalid_challenge` or
    /// `invalid_second_factor`, 429 `too_many_codes`.
    private func answer(_ request: Request) async throws -> Response {
        let body = try SecondFactorBody(try await request.jsonObject())
        guard let challenge = body.challenge else { throw Problem.invalidChallenge }
        let outcome: SecondFactorStore.ChallengeOutcome
        do {
            outcome = try await factors.answer(challenge, with: body.proof, from: SessionClient(request))
        } catch is UserLocked {
            request.context.reason = "account_locked"
            throw Problem.accountLocked
        } catch is CredentialOutdated {
            request.context.reason = "credential_outdated"
            throw Problem.invalidChallenge
        }
        switch outcome {
        case .begun(let session, let token):
            request.context.caller = session.userID
            return try await tokens.answer(session, token, .created, now: factors.clock.now)
        case .refused(let verdict):
            try verdict.expectRight(now: factors.clock.now, request)
            throw Problem.invalidChallenge
        case .over:
            request.context.reason = "challenge_over"
            throw Problem.invalidChallenge
        }
    }

    /// `POST /v1/sessions/current/reauthenticate {password, code? | recovery_code?}`: 200 with an access token whose
    /// `auth_time` is now.
    private func reauthenticate(_ request: Request) async throws -> Response {
        let session = try await sessions.session(of: request)
        let body = try ReauthenticationBody(try await request.jsonObject())
        guard let credential = try await gate.confirm(body.password, of: session.userID, request) else {
            throw refusal(request)
        }
        do {
            guard let fresh = try await renewed(session, credential, body.proof, request) else {
                throw Problem.sessionRevoked
            }
            return try await tokens.answer(fresh, nil, .ok, now: factors.clock.now)
        } catch is CredentialOutdated {
            throw refusal(request)
        }
    }

    private func refusal(_ request: Request) -> Problem {
        request.context.reason = "reauthentication_refused"
        return Problem(.unauthorized, "invalid_credentials", detail: "The password is wrong.")
    }

    /// - Returns: nil when the session is over.
    private func renewed(
        _ session: Session, _ credential: Credential, _ proof: FactorProof?, _ request: Request
    ) async throws -> Session? {
        guard try await factors.isOn(for: session.userID) else {
            return try await sessions.sessions.reauthenticate(id: session.id, context: .password, with: credential)
        }
        guard let proof else { throw Problem.secondFactorRequired(nil) }
        let (verdict, fresh) = try await factors.reauthenticate(
            by: sessions.authority(of: session), credential, with: proof)
        try verdict.expectRight(now: factors.clock.now, request)
        return fresh
    }
}

extension Problem {
    /// 401 `second_factor_required`, with the challenge to answer where a session is to begin.
    fileprivate static func secondFactorRequired(_ challenge: LoginChallenge?) -> Problem {
        var problem = Problem(
            .unauthorized, "second_factor_required", detail: "A code of the authenticator app is needed too.")
        if let challenge { problem.members["challenge"] = challenge.exposed }
        problem.fields[.cacheControl] = "no-store"
        return problem
    }

    /// 401 `invalid_challenge`.
    fileprivate static let invalidChallenge = Problem(
        .unauthorized, "invalid_challenge", detail: "The challenge is not valid any more. Log in again.")
}

/// `{challenge, code | recovery_code}`; the challenge is nil when it cannot be one of ours.
struct SecondFactorBody {
    let challenge: LoginChallenge?
    let proof: FactorProof

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        challenge = LoginChallenge(reader.string("challenge"))
        let proof = FactorProof(&reader)
        if proof == nil, reader.errors.isEmpty { reader.fail("code", "must be there, or a recovery_code") }
        try reader.finish()
        guard let proof else { throw JSONValidationError(errors: reader.errors) }
        self.proof = proof
    }
}

/// `{password, code? | recovery_code?}`.
struct ReauthenticationBody {
    let password: Password
    let proof: FactorProof?

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        let password = Password(given: reader.string("password", length: 1...1024))
        proof = FactorProof(&reader)
        try reader.finish()
        guard let password else { throw JSONValidationError(errors: reader.errors) }
        self.password = password
    }
}
