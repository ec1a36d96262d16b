import Chassis
import HTTP
import HTTPTypes
import JSON
import ServiceStorage

/// `/v1/admin/keys`: the signing keys, for admins.
struct SigningKeyRoutes: Sendable {
    let rotator: KeyRotator
    let guardian: AdminGuard

    func register(on router: inout Router) {
        router.get("/v1/admin/keys") { try await list($0) }
        router.post("/v1/admin/keys/rotate", bodyLimit: 1_024) { try await rotate($0) }
    }

    /// `GET /v1/admin/keys`: the key set, what comes next, and the retired ones of the last 90 days.
    private func list(_ request: Request) async throws -> Response {
        _ = try await guardian.admit(request, to: .listKeys, as: .admin)
        return answer(try await rotator.store.rotation())
    }

    /// `POST /v1/admin/keys/rotate {withdraw?}`: 200 with the keys. Without a body the next key signs as soon as every
    /// gateway knows it; `withdraw` takes a compromised key out at once, or is 404.
    private func rotate(_ request: Request) async throws -> Response {
        let actor = try await guardian.admit(request, to: .rotateKeys, as: .admin)
        _ = try await guardian.sessions.freshSession(of: request)
        let body = request.body.isEmpty ? RotationOfKeysBody() : try RotationOfKeysBody(try await request.jsonObject())
        let audit = guardian.store.audit
        let entry = AuditEntry(action: .rotateKeys, target: nil, after: body.text)
        let rotation = try await rotator.rotate(withdrawing: body.withdraw) { now, transaction in
            guard try actor.isUnchanged(in: transaction) else { throw Problem.insufficientRole }
            try audit.append(entry, by: actor.origin, now: now, in: transaction)
        }
        guard let rotation else { throw Problem.notFound }
        return answer(rotation)
    }

    private func answer(_ rotation: KeyRotation) -> Response {
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("data")
        json.beginArray()
        for key in rotation.keys.reversed() {
            key.write(to: &json, signsEarliest: rotation.signsEarliest(key, servedSince: rotator.servedSince))
        }
        json.endArray()
        json.endObject()
        return .json(json.bytes, fields: [.cacheControl: "no-store"])
    }
}

/// `{withdraw?}`: the key to take out; no body at all is the same as `{}`.
struct RotationOfKeysBody {
    let withdraw: String?

    init() { withdraw = nil }

    /// What was asked for, for the audit log.
    var text: String {
        var json = JSONWriter()
        json.beginObject()
        json.member("withdraw", withdraw)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        withdraw = reader.optionalString("withdraw", length: 1...128)
        try reader.finish()
    }
}

extension KeyRotation.Key {
    /// `{id, state, published_at, signs_from, signs_until, retired_at, withdrawn}`. `signs_from` of the next key is there
    /// once a rotation was asked for.
    fileprivate func write(to writer: inout JSONWriter, signsEarliest: Int64) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("state", state.rawValue)
        writer.member("published_at", RFC3339.string(publishedAt))
        let from = activatedAt ?? requestedAt.map { max($0, signsEarliest) }
        writer.member("signs_from", from.map(RFC3339.string))
        writer.member("signs_until", (retiringAt ?? retiredAt).map(RFC3339.string))
        writer.member("retired_at", retiredAt.map(RFC3339.string))
        writer.member("withdrawn", isWithdrawn)
        writer.endObject()
    }
}
