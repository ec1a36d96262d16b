import Chassis
import Crypto

/// How a receiver knows that a delivery is ours: `t=<seconds>,v1=<hex>[,v1=<hex>]`, each of them HMAC-SHA256 over
/// `<seconds>.<body>`. While a secret is rotated, both sign.
enum WebhookSignature {
    static let fieldName = "Tollgate-Signature"

    /// - Parameter seconds: Since 1970; a receiver refuses what is old, so that nobody can send it again later.
    static func text(secrets: [String], seconds: Int64, body: [UInt8]) -> String {
        let signed = Array("\(seconds).".utf8) + body
        let codes = secrets.map { secret in
            let key = SymmetricKey(data: Array(secret.utf8))
            return ",v1=" + Base16.encode(HMAC<SHA256>.authenticationCode(for: signed, using: key))
        }
        return "t=\(seconds)" + codes.joined()
    }
}
