import Chassis
import HTTP
import HTTPTypes
import JSON
import Synchronization

/// Finds out who sends a request, by the bearer token (RFC 6750) in its `Authorization` field.
///
/// A class, so that asking it costs one reference count and not one for each of its parts.
final class Authenticator: Sendable {
    /// By `iss`.
    private let issuers: [String: TokenIssuer]
    /// Which sessions have ended, who is locked, whose roles are others; `nil` when nobody tells.
    private let sessions: IdentityProjection?
    private let names: AccessNames
    private let metrics: GatewayMetrics
    private let clock: any WallClock

    init(
        issuers: [TokenIssuer], sessions: IdentityProjection?, names: AccessNames, metrics: GatewayMetrics,
        clock: any WallClock
    ) {
        self.issuers = Dictionary(uniqueKeysWithValues: issuers.map { ($0.configuration.issuer, $0) })
        self.sessions = sessions
        self.names = names
        self.metrics = metrics
        self.clock = clock
    }

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

    /// Whether a remembered token is still good: not expired, nothing known against it, and its key still published.
    private func isCurrent(_ token: VerifiedToken) -> Bool {
        guard clock.now < token.claims.expiry else { return false }
        if let sessions, !token.isInForce(sessions) { return false }
        guard case .signature(_, let source) = token.evidence else { return false }
        let generation = source.generation
        if token.generation.load(ordering: .relaxed) == generation { return true }
        guard case .signature(let key, _) = token.evidence, source.current?.keys[token.claims.keyID] == key else {
            return false
        }
        token.generation.store(generation, ordering: .relaxed)
        return true
    }

    // MARK: - The slow way

    private enum Refused: Error {
        case token(TokenRefusal)
        case noKeys
    }

    private func verify(_ bytes: [UInt8]) async throws(Refused) -> VerifiedToken {
        let (token, issuer, claims) = try inspect(bytes)
        // Before the signature is looked at: who ended the session may go on asking for a while.
        let refusal = sessions?.refusal(of: claims)
        if let refusal, refusal != .outdated { throw .token(refusal) }
        // Before the key: a set that comes meanwhile is asked about it again.
        let generation = issuer.keys.generation
        let key: VerificationKey
        switch await issuer.keys.key(claims.keyID) {
        case .key(let found): key = found
        case .unknown: throw .token(.unknownKey)
        case .unavailable: throw .noKeys
        }
        guard key.algorithm == claims.algorithm else { throw .token(.keyType) }
        guard key.verifies(token.signature, of: token.signed) else { throw .token(.signature) }
        // Only now: whose roles have changed is told to the owner of a genuine token alone.
        if let refusal { throw .token(refusal) }
        return VerifiedToken(
            claims: claims, key: key, source: issuer.keys,
            grants: names.grants(scopes: claims.scopes, roles: claims.roles), generation: generation)
    }

    /// The unverified `iss` chooses whose rules and keys apply, and does nothing else.
    private func inspect(_ bytes: [UInt8]) throws(Refused) -> (UnverifiedToken, TokenIssuer, TokenClaims) {
        do throws(TokenRefusal) {
            let token = try UnverifiedToken(bytes)
            guard case .string(let name)? = token.claims["iss"], let issuer = issuers[name] else { throw .issuer }
            return (token, issuer, try issuer.profile.inspect(token, now: clock.now))
        } catch {
            throw .token(error)
        }
    }

    private func refuse(_ error: Refused, _ request: Request) -> Problem {
        switch error {
        case .token(let refusal):
            metrics.refused(refusal)
            request.context.reason = refusal.rawValue
            return refusal == .outdated ? Self.outdated : Self.invalid
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
                [UInt8](bytes[$0...].prefix(UnverifiedToken.maximumLength + 1))
            }
        }
    }

    private static let missing = Problem(
        .unauthorized, "authentication_required", detail: "This needs a bearer token.",
        fields: [.wwwAuthenticate: "Bearer realm=\"tollgate\""])

    /// The same to a client that follows RFC 6750: a refresh gives a token that says the roles of now.
    private static let outdated = Problem(
        .unauthorized, "token_outdated", detail: "The roles have changed since the token was issued. Refresh it.",
        fields: [.wwwAuthenticate: "Bearer realm=\"tollgate\", error=\"invalid_token\""])
    private static let invalid = Problem(
        .unauthorized, "invalid_token", detail: "The bearer token is not valid.",
        fields: [.wwwAuthenticate: "Bearer realm=\"tollgate\", error=\"invalid_token\""])
}
