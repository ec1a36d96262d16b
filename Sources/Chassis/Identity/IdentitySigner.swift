public import Crypto
import Synchronization

/// Signs the tokens with which this service calls others.
///
/// A token is signed once per audience, user, session, scopes and roles, and used for up to 45 of its 60 seconds: the
/// receiver has at least 15 s of it left, and a busy user costs no signature per request.
public final class IdentitySigner: Sendable {
    /// The name of the field that carries the token.
    public static let fieldName = "Tollgate-Identity"

    /// A signed token.
    public struct Signed: Sendable {
        /// The value of the `Tollgate-Identity` field.
        public let token: String
        /// Until when it may be sent, in milliseconds since 1970. Callers that keep tokens beside their own cached
        /// state compare with this.
        public let usableUntil: Int64

        /// Whether it may be sent at a time, in milliseconds since 1970. One that was signed later than now, as before the
        /// clock was set back, is refused by its receiver for as long.
        public func isUsable(at now: Int64) -> Bool {
            now < usableUntil && usableUntil - now <= IdentitySigner.reuse
        }
    }

    private struct CacheKey: Hashable, Sendable {
        let audience: String
        let caller: CallerIdentity?
    }

    private struct Pair: Sendable {
        let key: P256.Signing.PrivateKey
        let id: String

        init(_ key: P256.Signing.PrivateKey) {
            self.key = key
            id = IdentityKeys.keyID(key.publicKey)
        }
    }

    private static let reuse: Int64 = 45_000

    private let service: String
    private let clock: any WallClock
    private let pair: Mutex<Pair>
    private let cache = ShardedCache<CacheKey, Signed>(capacity: 4_096)

    /// A signer for `service` with its private key.
    public init(service: String, key: P256.Signing.PrivateKey, clock: any WallClock = SystemWallClock()) {
        self.service = service
        self.clock = clock
        pair = Mutex(Pair(key))
    }

    /// A token for a call to `audience` on behalf of `caller` (its `issuer` is not looked at: the issuer is this
    /// service). Throws only what the signature throws.
    public func token(for audience: String, caller: CallerIdentity? = nil) throws -> String {
        try signed(for: audience, caller: caller).token
    }

    /// ``token(for:caller:)`` with the time until which it may be sent.
    public func signed(for audience: String, caller: CallerIdentity? = nil) throws -> Signed {
        let now = clock.now
        let key = CacheKey(audience: audience, caller: caller)
        if let signed = cache[key], signed.isUsable(at: now) { return signed }
        let epoch = cache.epoch
        let signed = try sign(audience, caller, now)
        cache.insert(signed, for: key, of: epoch)
        return signed
    }

    private func sign(_ audience: String, _ caller: CallerIdentity?, _ now: Int64) throws -> Signed {
        var caller = caller ?? CallerIdentity(issuer: service)
        caller.issuer = service
        // Claims are in whole seconds.
        let issued = now / 1_000 * 1_000
        let claims = IdentityToken.Claims(
            caller: caller, audience: audience, issuedAt: issued, expiresAt: issued + IdentityToken.life)
        let pair = pair.withLock { $0 }
        let token = try IdentityToken.sign(claims, keyID: pair.id, key: pair.key)
        return Signed(token: token, usableUntil: issued + Self.reuse)
    }

    /// Signs with another key from now on.
    func replace(key: P256.Signing.PrivateKey) {
        pair.withLock { $0 = Pair(key) }
        cache.removeAll()
    }
}
