import Chassis
import Synchronization

/// A caller's proof of who it is, a bearer token or an API key, that was checked and found good.
final class VerifiedToken: Sendable {
    /// What vouches for it, for asking again whether it still does.
    enum Evidence: Sendable {
        /// The public key that verified the signature (a key set in which the id stands for another key does not vouch
        /// for it), and where the issuer's keys are.
        case signature(VerificationKey, KeySource)
        /// The API key, and the hash of the secret by which it was found.
        case apiKey(HeldKey, hash: [UInt8])
    }

    let claims: TokenClaims
    let evidence: Evidence
    /// What the token allows.
    let grants: Grants
    /// The newest generation of the issuer's key set, or of the API keys, that is known to hold the key.
    let generation: Atomic<Int>
    /// The newest generation of ended sessions, locks and roles that is known not to void the token.
    let sessionGeneration = Atomic<Int>(0)
    /// Whom the services behind the gateway are told about.
    let caller: CallerIdentity
    /// A keyed hash of the subject, for limits by user.
    let subjectHash: Int
    /// The signed identities that go with this token's requests.
    let identities = IdentityMemory()
    /// The limits that the credential brings itself, beside those of the route.
    let limits: [CompiledLimit]

    init(claims: TokenClaims, key: VerificationKey, source: KeySource, grants: Grants, generation: Int) {
        self.claims = claims
        evidence = .signature(key, source)
        limits = []
        self.grants = grants
        self.generation = Atomic(generation)
        subjectHash = claims.subject.hashValue
        caller = CallerIdentity(
            issuer: "gateway", subject: claims.subject, sessionID: claims.sessionID, scopes: claims.scopes,
            roles: claims.roles)
    }

    /// - Parameters:
    ///   - hash: The hash of the secret that was sent.
    ///   - expiry: Until when that secret is good, in milliseconds since 1970.
    init(
        key: HeldKey, hash: [UInt8], expiry: Int64, grants: Grants, generation: Int, limits: [CompiledLimit]
    ) {
        let record = key.record
        claims = TokenClaims(
            keyID: record.id, subject: record.user, sessionID: nil, scopes: Set(record.scopes), roles: [],
            expiry: expiry)
        evidence = .apiKey(key, hash: hash)
        self.limits = limits
        self.grants = grants
        self.generation = Atomic(generation)
        subjectHash = record.user.hashValue
        caller = CallerIdentity(
            issuer: "gateway", subject: record.user, keyID: record.id, scopes: Set(record.scopes))
    }

    /// The API key's id; `nil` for a bearer token.
    var apiKeyID: String? { if case .apiKey = evidence { claims.keyID } else { nil } }

    /// Whether the token's session goes on, its user is not locked and has the roles that it says, as far as is known;
    /// asked again only after some session, lock or role has changed.
    @inline(__always)
    func isInForce(_ projection: IdentityProjection) -> Bool {
        let current = projection.sessionGeneration
        return sessionGeneration.load(ordering: .relaxed) == current || isInForce(projection, asOf: current)
    }

    private func isInForce(_ projection: IdentityProjection, asOf current: Int) -> Bool {
        if projection.refusal(of: claims) != nil { return false }
        sessionGeneration.store(current, ordering: .relaxed)
        return true
    }
}

/// Remembers the signed identity per upstream as long as it may be sent: the chassis would have to search for it by the
/// caller's scopes and names on every request.
final class IdentityMemory: Sendable {
    private let known = Mutex<[Int: IdentitySigner.Signed]>([:])

    /// - Parameters:
    ///   - upstream: The upstream's number.
    ///   - now: Milliseconds since 1970.
    ///   - make: Asks the chassis.
    func token(for upstream: Int, now: Int64, make: () throws -> IdentitySigner.Signed) rethrows -> String {
        if let signed = known.withLock({ $0[upstream] }), signed.isUsable(at: now) { return signed.token }
        let signed = try make()
        known.withLock { $0[upstream] = signed }
        return signed.token
    }
}
