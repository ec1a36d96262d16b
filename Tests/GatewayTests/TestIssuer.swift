import Chassis
import Crypto
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
        let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        guard let signature = try? key.signature(for: Data(signed.utf8)) else { return signed }
        return signed + "." + Base64URL.encode(Array(signature.rawRepresentation))
    }

    static var keySet: [UInt8] { keySet(of: key, id: "key-1") }

    static func keySet(of key: P256.Signing.PrivateKey, id: String) -> [UInt8] {
        let point = Array(key.publicKey.rawRepresentation)
        let x = Base64URL.encode(point.prefix(32))
        let y = Base64URL.encode(point.suffix(32))
        return Array(
            #"{"keys":[{"kty":"EC","crv":"P-256","kid":"\#(id)","use":"sig","alg":"ES256","x":"\#(x)","y":"\#(y)"}]}"#
                .utf8)
    }
}
