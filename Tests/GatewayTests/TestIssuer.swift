import Chassis
import Crypto
import CryptoExtras
import Foundation

/// Issues access tokens as user-service does, and as it never would.
enum TestIssuer {
    static let key = P256.Signing.PrivateKey()
    static let header = #"{"alg":"ES256","typ":"at+jwt","kid":"key-1"}"#

    static func claims(now: Int64, changing name: String? = nil, to value: String? = nil) -> String {
        var claims = [
            ("iss", "\"tollgate\""), ("aud", "\"tollgate\""), ("sub", "\"usr_1\""), ("sid", "\"ses_1\""),
            ("jti", "\"tok_1\""), ("scope", "\"users:read payments:write\""), ("roles", "[]"),
            ("iat", "\(now / 1_000)"), ("exp", "\(now / 1_000 + 600)"),
        ]
        if let name {
            claims.removeAll { $0.0 == name }
            if let value { claims.append((name, value)) }
        }
        return "{" + claims.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    static func sign(
        header: String = header, claims: String, key: P256.Signing.PrivateKey = key
    ) -> String {
        sign(header: header, claims: claims, with: .ecdsa(key))
    }

    static var keySet: [UInt8] { keySet(of: key, id: "key-1") }

    static func keySet(of key: P256.Signing.PrivateKey, id: String) -> [UInt8] { keySet([(id, .ecdsa(key))]) }
}

/// A key pair that signs tokens.
enum TestKey: Sendable {
    case ecdsa(P256.Signing.PrivateKey)
    case edwards(Curve25519.Signing.PrivateKey)
    case rsa(_RSA.Signing.PrivateKey)

    /// What its tokens and its JWK say in `alg`.
    var algorithm: String {
        switch self {
        case .ecdsa: "ES256"
        case .edwards: "EdDSA"
        case .rsa: "RS256"
        }
    }

    /// Made once: it takes a while.
    static let rsa2048 = try! TestKey.rsa(_RSA.Signing.PrivateKey(keySize: .bits2048))
    static let rsa1024 = try! TestKey.rsa(_RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1_024)))
    static let ed25519 = TestKey.edwards(Curve25519.Signing.PrivateKey())

    func signature(of data: Data) -> [UInt8] {
        switch self {
        case .ecdsa(let key): (try? key.signature(for: data)).map { Array($0.rawRepresentation) } ?? []
        case .edwards(let key): (try? key.signature(for: data)).map { Array($0) } ?? []
        case .rsa(let key):
            (try? key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5))
                .map { Array($0.rawRepresentation) } ?? []
        }
    }

    /// The public half as the members of a JWK.
    var members: String {
        switch self {
        case .ecdsa(let key):
            let point = Array(key.publicKey.rawRepresentation)
            let (x, y) = (Base64URL.encode(point.prefix(32)), Base64URL.encode(point.suffix(32)))
            return #""kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)""#
        case .edwards(let key):
            return #""kty":"OKP","crv":"Ed25519","x":"\#(Base64URL.encode(key.publicKey.rawRepresentation))""#
        case .rsa(let key):
            guard let numbers = try? key.publicKey.getKeyPrimitives() else { return "" }
            let (n, e) = (Base64URL.encode(numbers.modulus), Base64URL.encode(numbers.publicExponent))
            return #""kty":"RSA","n":"\#(n)","e":"\#(e)""#
        }
    }
}

extension TestIssuer {
    static func sign(header: String, claims: String, with key: TestKey) -> String {
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        return signed + "." + Base64URL.encode(key.signature(of: Data(signed.utf8)))
    }

    /// A token whose header fits the key.
    static func token(_ claims: String, with key: TestKey, id: String) -> String {
        sign(header: #"{"alg":"\#(key.algorithm)","typ":"at+jwt","kid":"\#(id)"}"#, claims: claims, with: key)
    }

    /// - Parameter extra: Further members of each key, as JSON.
    static func keySet(_ keys: [(id: String, key: TestKey)], extra: String = #""use":"sig""#) -> [UInt8] {
        let entries = keys.map { id, key in
            #"{\#(key.members),"kid":"\#(id)","alg":"\#(key.algorithm)",\#(extra)}"#
        }
        return Array(#"{"keys":[\#(entries.joined(separator: ","))]}"#.utf8)
    }
}
