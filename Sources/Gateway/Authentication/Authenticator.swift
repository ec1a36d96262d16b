import Chassis
import HTTP
import HTTPTypes
import Synchronization

/// Finds out who sends a request, by the bearer token (RFC 6750) in its `Authorization` field.
struct Authenticator: Sendable {
    let profile: TokenProfile
    let keys: KeySource
    let names: AccessNames
    let metrics: GatewayMetrics
    let clock: any WallClock

    /// The caller of a token that was verified before and is still good; `nil` when it has to be looked at. Never waits.
    func remembered(_ request: Request, loop: LoopState) -> VerifiedToken? {
        guard let field = request.head.value(of: "authorization") else { return nil }
        let known = request.head.withBytes(field) { bytes -> VerifiedToken? in
            let span = bytes.bindMemory(to: UInt8.self).span
            guard let start = Self.tokenStart(span) else { return nil }
            return loop.tokens.withLock { $0.find(span.extracting(start..<span.count)) }
        }
        guard let known, isCurrent(known) else { return nil }
        return accepted(known, request)
    }

    /// Looks at a token: claims, key and signature.
    ///
    /// - Parameter loop: The memory of the loop that serves the request.
    /// - Throws: `Problem` 401 without a valid token, 503 while there is no key to check one with.
    nonisolated(nonsending) func authenticate(_ request: Request, loop: LoopState) async throws -> VerifiedToken {
        guard let field = request.head.value(of: "authorization"), let token = Self.token(of: request, field) else {
            throw Self.missing
        }
        do throws(Refused) {
            let verified = try await verify(token)
            loop.tokens.withLock { $0.insert(token, verified) }
            return accepted(verified, request)
        } catch {
            throw refuse(error, request)
        }
    }

    private func accepted(_ token: VerifiedToken, _ request: Request) -> VerifiedToken {
        metrics.authenticated.increment()
        request.context.caller = token.claims.subject
        return token
    }

    /// Whether a remembered token is still good: not expired, and its key still published.
    private func isCurrent(_ token: VerifiedToken) -> Bool {
        guard clock.now < token.claims.expiry else { return false }
        let generation = keys.generation
        if token.generation.load(ordering: .relaxed) == generation { return true }
        guard keys.current?.points[token.claims.keyID] == token.point else { return false }
        token.generation.store(generation, ordering: .relaxed)
        return true
    }

    // MARK: - The slow way

    private enum Refused: Error {
        case token(TokenRefusal)
        case noKeys
    }

    private func verify(_ token: [UInt8]) async throws(Refused) -> VerifiedToken {
        let claims: TokenClaims
        do throws(TokenRefusal) {
            claims = try profile.inspect(token, now: clock.now)
        } catch {
            throw .token(error)
        }
        let found = await keys.keys(having: claims.keyID)
        let generation = keys.generation
        guard let found else { throw .noKeys }
        guard let point = found.points[claims.keyID] else { throw .token(.unknownKey) }
        guard await found.verifies(token) else { throw .token(.signature) }
        return VerifiedToken(
            claims: claims, point: point, grants: names.grants(scopes: claims.scopes, roles: claims.roles),
            generation: generation)
    }

    private func refuse(_ error: Refused, _ request: Request) -> Problem {
        switch error {
        case .token(let refusal):
            metrics.refused(refusal)
            request.context.reason = refusal.rawValue
            return Self.invalid
        case .noKeys:
            request.context.reason = "token_keys_unavailable"
            return Problem(.serviceUnavailable, "authentication_unavailable", fields: [.retryAfter: "1"])
        }
    }

    // MARK: - The field

    /// Where the token starts after `Bearer` (in any letter case) and spaces; `nil` for another scheme.
    private static func tokenStart(_ field: Span<UInt8>) -> Int? {
        let scheme: StaticString = "bearer "
        guard field.count > scheme.utf8CodeUnitCount else { return nil }
        for (index, byte) in [0x62, 0x65, 0x61, 0x72, 0x65, 0x72].enumerated() where field[index] | 0x20 != byte {
            return nil
        }
        var start = 6
        guard field[start] == 0x20 else { return nil }
        while start < field.count, field[start] == 0x20 { start += 1 }
        return start < field.count ? start : nil
    }

    private static func token(of request: Request, _ field: ByteRange) -> [UInt8]? {
        request.head.withBytes(field) { bytes in
            // One byte more than allowed is enough to say that it is too long.
            tokenStart(bytes.bindMemory(to: UInt8.self).span).map {
                [UInt8](bytes[$0...].prefix(TokenProfile.maximumLength + 1))
            }
        }
    }

    private static let missing = Problem(
        .unauthorized, "authentication_required", detail: "This needs a bearer token.",
        fields: [.wwwAuthenticate: "Bearer realm=\"tollgate\""])

    private static let invalid = Problem(
        .unauthorized, "invalid_token", detail: "The bearer token is not valid.",
        fields: [.wwwAuthenticate: "Bearer realm=\"tollgate\", error=\"invalid_token\""])
}
