import Chassis
import HTTP
import HTTPTypes

/// `/v1/users`: sign-up, and the signed-in user's own record.
struct UserRoutes: Sendable {
    let users: UserStore
    let sessions: SessionGuard
    let hasher: PasswordHasher
    let limits: RequestLimits
    let credentials: CredentialStore
    let verification: EmailVerification
    let metrics: CredentialMetrics

    func register(on router: inout Router) {
        router.post("/v1/users", bodyLimit: 16_384) { request in try await metrics.signUp { try await signUp(request) }
        }
        router.get("/v1/users/me") { try await read($0) }
        router.patch("/v1/users/me", bodyLimit: 16_384) { try await change($0) }
    }

    /// `POST /v1/users {email, password, name}`: 201, 409 `email_taken`, 422 or 429; see below for 202.
    private func signUp(_ request: Request) async throws -> Response {
        try limits.expect(.signUp, request)
        let body = try SignUpBody(try await request.jsonObject())
        guard verification == .off else { return try await signUpByMail(body, request) }
        // Asked first, so that a hash is computed only for who will have it; the insert decides.
        guard try await users.user(email: body.email) == nil else { throw Problem.emailTaken }
        let hash = try await hasher.hash(body.password, until: request.deadline)
        try request.deadline.expect()
        guard let user = try await users.create(email: body.email, name: body.name, hash: hash) else {
            throw Problem.emailTaken
        }
        return user.response(.created)
    }

    /// With verification on: always 202, after the same work. What became of it the mail says.
    private func signUpByMail(_ body: SignUpBody, _ request: Request) async throws -> Response {
        let hash = try await hasher.hash(body.password, until: request.deadline)
        try request.deadline.expect()
        _ = try await credentials.signUp(
            email: body.email, name: body.name, hash: hash, sendsMail: limits.allowsMail(to: body.email))
        return .accepted
    }

    /// `GET /v1/users/me`: 200 with `ETag`, or 304 to an `If-None-Match` that names it.
    private func read(_ request: Request) async throws -> Response {
        let id = try await sessions.user(of: request, scope: "users:read")
        guard let user = try await users.user(id: id) else { throw Problem.sessionRevoked }
        if let known = request.field(.ifNoneMatch), user.tag.isNamed(ifNoneMatch: known) {
            return .empty(.notModified, fields: user.fields)
        }
        return user.response(.ok)
    }

    /// `PATCH /v1/users/me {name}`: 200 with the new `ETag`, or 412 when `If-Match` names another version.
    private func change(_ request: Request) async throws -> Response {
        let id = try await sessions.user(of: request, scope: "users:write")
        let body = try ProfileBody(try await request.jsonObject())
        let outcome = try await users.rename(id: id, to: body.name, if: request.versionCondition)
        switch outcome {
        case .changed(let user): return user.response(.ok)
        case .conflict: throw Problem.preconditionFailed
        case .missing: throw Problem.sessionRevoked
        }
    }
}

extension Problem {
    /// 409 `email_taken`.
    static let emailTaken = Problem(
        .conflict, "email_taken", detail: "There is a user with this e-mail address already.")
}
