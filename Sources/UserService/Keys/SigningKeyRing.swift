import JSON
import JWTKit
import Synchronization

/// The keys that this process signs with and publishes now. Replaced as a whole when the rotation takes a step.
final class SigningKeyRing: Sendable {
    /// The keys of one moment.
    struct Snapshot: Sendable {
        /// The key that signs.
        let active: SigningKey
        /// Since when it signs, milliseconds since 1970; nil where nobody has said.
        let activeSince: Int64?
        /// `{"keys": […]}` (RFC 7517 §5), public members only.
        let document: [UInt8]
        /// The ids of the key set.
        let published: [String]
        fileprivate let signer: JWTKeyCollection
        fileprivate let verifier: JWTKeyCollection

        init(active: SigningKey, since activeSince: Int64? = nil, published: [PublicSigningKey]) async throws {
            self.active = active
            self.activeSince = activeSince
            self.published = published.map(\.id)
            document = Self.document(published)
            signer = JWTKeyCollection()
            await signer.add(
                ecdsa: try ES256PrivateKey(backing: active.privateKey), kid: JWKIdentifier(string: active.id))
            verifier = JWTKeyCollection()
            for key in published {
                await verifier.add(ecdsa: try ES256PublicKey(backing: key.key), kid: JWKIdentifier(string: key.id))
            }
        }

        /// RFC 9068 §2.1: the type keeps an access token apart from every other token that is signed somewhere.
        private static let type = "at+jwt"

        /// Signs the claims of an access token.
        func sign(_ claims: AccessTokenClaims) async throws -> String {
            try await signer.sign(
                claims, kid: JWKIdentifier(string: active.id), header: ["typ": .string(Self.type)])
        }

        /// The claims of an access token that a published key has signed; nil for anything else. Times are not looked at.
        func claims(of token: String) async -> AccessTokenClaims? {
            guard let claims = try? await verifier.verify(token, as: AccessTokenClaims.self),
                let header = try? DefaultJWTParser().parse(Array(token.utf8), as: AccessTokenClaims.self).header,
                header.typ == Self.type, header.alg == "ES256"
            else { return nil }
            return claims
        }

        private static func document(_ keys: [PublicSigningKey]) -> [UInt8] {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("keys")
            writer.beginArray()
            for key in keys {
                writer.beginObject()
                key.writeMembers(to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return writer.bytes
        }
    }

    private struct State: Sendable {
        var snapshot: Snapshot
        var turn: UInt64 = 0
    }

    private let state: Mutex<State>
    private let turns = Atomic<UInt64>(0)

    init(_ snapshot: Snapshot) { state = Mutex(State(snapshot: snapshot)) }

    /// The keys of now.
    var current: Snapshot { state.withLock { $0.snapshot } }

    /// A number for keys that are being stored, to be taken inside of the transaction: the numbers are in the order of the
    /// commits.
    func turn() -> UInt64 { turns.wrappingAdd(1, ordering: .relaxed).newValue }

    /// Uses the keys of a turn, unless those of a later one are in use: what was stored first may get here last.
    func replace(by snapshot: Snapshot, of turn: UInt64) {
        state.withLock { state in
            guard turn > state.turn else { return }
            state = State(snapshot: snapshot, turn: turn)
        }
    }
}

extension SigningKeyRing {
    /// The keys as they are stored.
    convenience init(_ loaded: SigningKeyStore.Loaded) async throws { self.init(try await Snapshot(loaded)) }
}

extension SigningKeyRing.Snapshot {
    init(_ loaded: SigningKeyStore.Loaded) async throws {
        try await self.init(
            active: loaded.active, since: loaded.rotation.active?.activatedAt, published: loaded.published)
    }
}
