import Synchronization

/// Verifies the tokens of other services.
///
/// A signature costs about 200 µs to verify, so what was verified is kept until it expires, bounded, per loop.
public final class IdentityVerifier: Sendable {
    /// A token as a key: equal when the whole text is, hashed by its tail alone, which is signature and random enough.
    private struct TokenKey: Hashable, Sendable {
        let token: String

        func hash(into hasher: inout Hasher) {
            var tail: UInt64 = 0
            for byte in token.utf8.suffix(10) { tail = tail << 6 ^ UInt64(byte) }
            hasher.combine(tail)
        }
    }

    private struct Verified: Sendable {
        let caller: CallerIdentity
        let expiresAt: Int64
    }

    /// The service this one is: what `aud` must be.
    public let audience: String
    private let clock: any WallClock
    private let peers: Mutex<[String: IdentityPeerKey]>
    private let cache = ShardedCache<TokenKey, Verified>(capacity: 4_096)

    /// A verifier for the service `audience` that trusts `peers` (by key id, see ``IdentityKeys/peers(in:)``).
    public init(audience: String, peers: [String: IdentityPeerKey], clock: any WallClock = SystemWallClock()) {
        self.audience = audience
        self.clock = clock
        self.peers = Mutex(peers)
    }

    /// The caller that a token proves.
    /// - Throws: ``IdentityRefusal``, for the log.
    public func verify(_ token: String) throws(IdentityRefusal) -> CallerIdentity {
        let now = clock.now
        let key = TokenKey(token: token)
        if let known = cache[key] {
            guard now < known.expiresAt else { throw .expired }
            return known.caller
        }
        let epoch = cache.epoch
        let (claims, peer) = try IdentityToken.open(token) { id in peers.withLock { $0[id] } }
        try check(claims, peer, now)
        cache.insert(Verified(caller: claims.caller, expiresAt: claims.expiresAt), for: key, of: epoch)
        return claims.caller
    }

    private func check(
        _ claims: IdentityToken.Claims, _ peer: IdentityPeerKey, _ now: Int64
    ) throws(IdentityRefusal) {
        // The key decides who speaks: a service cannot sign in another's name.
        guard claims.caller.issuer == peer.service else { throw .wrongIssuer }
        guard claims.audience == audience else { throw .wrongAudience }
        guard now < claims.expiresAt else { throw .expired }
        guard claims.issuedAt <= now + IdentityToken.skew, claims.issuedAt < claims.expiresAt,
            claims.expiresAt - claims.issuedAt <= IdentityToken.life
        else { throw .wrongTimes }
    }

    /// Trusts other keys from now on; what was verified with the old ones is forgotten.
    func replace(peers new: [String: IdentityPeerKey]) {
        peers.withLock { $0 = new }
        cache.removeAll()
    }
}
