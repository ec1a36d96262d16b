import Chassis
import HTTP
import HTTPTypes
import Synchronization

/// Finds out who sends a request, by the API key in its `X-API-Key` field.
///
/// A key that was checked before is found by its bytes in the loop's own memory, and is as good as it was then unless some
/// key has changed since (``IdentityProjection/keyGeneration``) or its end has come.
struct APIKeyAuthenticator: Sendable {
    let projection: IdentityProjection
    let names: AccessNames
    let metrics: GatewayMetrics
    let clock: any WallClock

    /// The field that carries a key.
    static let field: StaticString = "x-api-key"

    /// The caller of a key that was checked before and is still good; `nil` when it has to be looked at. Never waits.
    ///
    /// - Parameter field: The value of the first `X-API-Key` line.
    /// - Throws: `Problem` 400 `ambiguous_credentials` when there is another credential.
    func remembered(_ field: ByteRange, _ request: Request, loop: LoopState) throws(Problem) -> VerifiedToken? {
        try refuseOthers(request)
        let known = request.head.withBytes(field) { bytes in
            loop.keys.withLock { $0.find(bytes.bindMemory(to: UInt8.self).span) }
        }
        guard let known, isCurrent(known) else { return nil }
        return accepted(known, request)
    }

    /// Looks at a key: its form, whose it is, and whether it has ended.
    ///
    /// - Throws: `Problem` 401 `invalid_api_key`, 503 while it is not known here and cannot be asked for.
    nonisolated(nonsending) func authenticate(
        _ field: ByteRange, _ request: Request, loop: LoopState
    ) async throws -> VerifiedToken {
        let bytes = request.head.withBytes(field) { Array($0.prefix(APIKeySecret.length + 1)) }
        guard let secret = APIKeySecret(bytes) else { throw refuse(.malformed, request) }
        let hash = secret.hash
        // Before the key is asked for: a change that comes meanwhile is asked about again.
        let generation = projection.keyGeneration
        switch await projection.key(hash) {
        case .unknown: throw refuse(.unknown, request)
        case .unavailable: throw refuse(.unavailable, request)
        case .key(let key):
            guard let end = key.record.validUntil(hash) else { throw refuse(.unknown, request) }
            guard clock.now < end else { throw refuse(.expired, request) }
            let verified = verified(key, hash, until: end, generation: generation)
            loop.keys.withLock { $0.insert(bytes, verified) }
            return accepted(verified, request)
        }
    }

    private func verified(_ key: HeldKey, _ hash: [UInt8], until end: Int64, generation: Int) -> VerifiedToken {
        let record = key.record
        // Roles are a person's: a key has the scopes that it was given, and nothing else.
        let limit = record.rateLimit.map { limit in
            CompiledLimit(
                .init(
                    name: "api-key", key: [.route],
                    plans: [
                        .init(name: "", windows: [.init(quota: limit.quota, length: limit.window, burst: limit.quota)])
                    ]),
                route: record.id, metrics: metrics.limit("api-key"))
        }
        return VerifiedToken(
            key: key, hash: hash, expiry: end, grants: names.grants(scopes: record.scopes, roles: []),
            generation: generation, limits: limit.map { [$0] } ?? [])
    }

    /// Whether a remembered key is still good: not expired, and nothing about it has changed.
    private func isCurrent(_ known: VerifiedToken) -> Bool {
        guard clock.now < known.claims.expiry else { return false }
        let generation = projection.keyGeneration
        if known.generation.load(ordering: .relaxed) == generation { return true }
        guard case .apiKey(let key, let hash) = known.evidence, projection.held(hash) === key else { return false }
        known.generation.store(generation, ordering: .relaxed)
        return true
    }

    private func accepted(_ known: VerifiedToken, _ request: Request) -> VerifiedToken {
        projection.metrics.accepted.increment()
        request.context.caller = known.claims.subject
        if case .apiKey(let key, _) = known.evidence { key.use.note(clock.now) }
        return known
    }

    // MARK: - Refusals

    /// Two credentials may be those of two callers: whoever sends both has to decide (as RFC 6750 section 3.1 has it for
    /// two tokens).
    private func refuseOthers(_ request: Request) throws(Problem) {
        guard request.head.value(of: "authorization") != nil || request.head.count(of: Self.field) > 1 else { return }
        projection.metrics.refused(.ambiguous)
        request.context.reason = KeyRefusal.ambiguous.rawValue
        throw Problem(
            .badRequest, "ambiguous_credentials", detail: "Send either one X-API-Key or Authorization, not both.")
    }

    private func refuse(_ refusal: KeyRefusal, _ request: Request) -> Problem {
        projection.metrics.refused(refusal)
        request.context.reason = refusal.rawValue
        if refusal == .unavailable {
            return Problem(.serviceUnavailable, "authentication_unavailable", fields: [.retryAfter: "1"])
        }
        return Problem(
            .unauthorized, "invalid_api_key", detail: "The API key is not valid.",
            fields: [.wwwAuthenticate: Self.challenge])
    }

    /// There is no registered scheme for keys in fields of their own; the name says what is wanted.
    static let challenge = "ApiKey realm=\"tollgate\", field=\"X-API-Key\""

    /// 401 on a route that takes keys alone.
    static let missing = Problem(
        .unauthorized, "authentication_required", detail: "This needs an API key.",
        fields: [.wwwAuthenticate: challenge])
}
