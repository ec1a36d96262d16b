import Chassis
import HTTP
import HTTPTypes
import JSON

/// `/v1/api-keys`: keys of the signed-in user. All of it needs the access token of a login with `api-keys:write`: no key
/// makes, lists or changes keys.
struct APIKeyRoutes: Sendable {
    let keys: APIKeyStore
    let sessions: SessionGuard

    func register(on router: inout Router) {
        router.post("/v1/api-keys", bodyLimit: 4_096) { try await create($0) }
        router.get("/v1/api-keys") { try await list($0) }
        router.get("/v1/api-keys/{id}") { try await read($0) }
        router.post("/v1/api-keys/{id}/rotate", bodyLimit: 1_024) { try await rotate($0) }
        router.delete("/v1/api-keys/{id}") { try await delete($0) }
    }

    /// `POST /v1/api-keys {name, scopes, expires_at?, rate_limit?}`: 201 with the secret, which is never shown again;
    /// 403 for a scope that the caller has not, 409 `too_many_api_keys`.
    private func create(_ request: Request) async throws -> Response {
        let session = try await session(of: request)
        let body = try APIKeyBody(try await request.jsonObject(), now: keys.clock.now)
        for scope in body.scopes { try request.require(scope: scope) }
        let secret = APIKeySecret.random()
        let order = APIKeyStore.Order(
            userID: session.userID, name: body.name, scopes: body.scopes, expiresAt: body.expiresAt,
            rateLimit: body.rateLimit)
        let authority = sessions.authority(of: session)
        guard let key = try await keys.create(order, secret: secret, by: authority) else { throw Problem.tooManyKeys }
        return answer(key, secret: secret, status: .created, fields: [.location: "/v1/api-keys/\(key.id)"])
    }

    /// `GET /v1/api-keys`: newest first.
    private func list(_ request: Request) async throws -> Response {
        let user = try await owner(request)
        let query = try ListQuery(request, kind: "api-keys")
        let found = try await keys.keys(of: user, after: query.after, limit: query.rows)
        return query.page(found, key: \.id) { key, json in key.write(to: &json) }
    }

    /// `GET /v1/api-keys/{id}`: 200, or 404 also for another user's.
    private func read(_ request: Request) async throws -> Response {
        let user = try await owner(request)
        guard let key = try await keys.key(id: try id(in: request), of: user) else { throw Problem.notFound }
        return answer(key)
    }

    /// `POST /v1/api-keys/{id}/rotate {overlap_seconds?}`: 200 with the new secret, or 409 `api_key_expired`.
    private func rotate(_ request: Request) async throws -> Response {
        let session = try await session(of: request)
        let body = request.body.isEmpty ? RotationBody() : try RotationBody(try await request.jsonObject())
        let secret = APIKeySecret.random()
        let outcome = try await keys.rotate(
            id: try id(in: request), of: session.userID, to: secret, overlap: body.overlap,
            by: sessions.authority(of: session))
        switch outcome {
        case .rotated(let key): return answer(key, secret: secret)
        case .expired: throw Problem.keyExpired
        case .missing: throw Problem.notFound
        }
    }

    /// `DELETE /v1/api-keys/{id}`: 204; gateways refuse the key within seconds.
    private func delete(_ request: Request) async throws -> Response {
        let user = try await owner(request)
        guard try await keys.delete(id: try id(in: request), of: user) else { throw Problem.notFound }
        return .empty(.noContent)
    }

    private func owner(_ request: Request) async throws -> String { try await session(of: request).userID }

    private func session(of request: Request) async throws -> Session {
        try request.require(scope: "api-keys:write")
        return try await sessions.session(of: request)
    }

    /// What is no id is not there.
    private func id(in request: Request) throws(Problem) -> String {
        let id = try request.parameters.require("id")
        guard Identifier.isValid(id, prefix: "key") else { throw Problem.notFound }
        return id
    }

    private func answer(
        _ key: APIKey, secret: APIKeySecret? = nil, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
    ) -> Response {
        var json = JSONWriter(capacity: 512)
        key.write(to: &json, secret: secret)
        var fields = fields
        fields[.cacheControl] = "no-store"
        return .json(json.bytes, status: status, fields: fields)
    }
}

extension Problem {
    /// 409 `too_many_api_keys`.
    fileprivate static let tooManyKeys = Problem(
        .conflict, "too_many_api_keys",
        detail: "There are \(APIKey.maximumPerUser) keys already. Delete one that is not needed.")

    /// 409 `api_key_expired`.
    fileprivate static let keyExpired = Problem(
        .conflict, "api_key_expired", detail: "The key has expired. Make another one.")
}
