import Chassis
import Synchronization

/// A token whose signature and claims are good.
final class VerifiedToken: Sendable {
    let claims: TokenClaims
    /// The public key that verified it: a key set in which the id stands for another key does not vouch for it.
    let key: VerificationKey
    /// Where the issuer's keys are.
    let source: KeySource
    /// What the token allows.
    let grants: Grants
    /// The newest generation of the key set that is known to hold the key.
    let generation: Atomic<Int>
    /// Whom the services behind the gateway are told about.
    let caller: CallerIdentity
    /// A keyed hash of the subject, for limits by user.
    let subjectHash: Int
    /// The signed identities that go with this token's requests.
    let identities = IdentityMemory()

    init(claims: TokenClaims, key: VerificationKey, source: KeySource, grants: Grants, generation: Int) {
        self.claims = claims
        self.key = key
        self.source = source
        self.grants = grants
        self.generation = Atomic(generation)
        subjectHash = claims.subject.hashValue
        caller = CallerIdentity(
            issuer: "gateway", subject: claims.subject, sessionID: claims.sessionID, scopes: claims.scopes,
            roles: claims.roles)
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
        if let signed = known.withLock({ $0[upstream] }), now < signed.usableUntil { return signed.token }
        let signed = try make()
        known.withLock { $0[upstream] = signed }
        return signed.token
    }
}
