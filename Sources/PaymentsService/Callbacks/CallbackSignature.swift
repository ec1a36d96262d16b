import Chassis
import Crypto

/// The field `Processor-Signature: t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 over `<t>.<body>`, as Stripe signs its
/// webhooks. There may be several `v1`, for a sender that changes its secret.
struct CallbackSignature: Sendable, Hashable {
    static let fieldName = "Processor-Signature"
    /// How far the time may be from ours, either way, in milliseconds: a signature that was seen on the way is worth
    /// nothing later.
    static let toleranceMilliseconds: Int64 = 300_000
    /// More signatures than a change of secrets needs are no signature: each costs a comparison.
    private static let maximumSignatures = 4

    /// Seconds since 1970, as the text that was signed.
    let timestamp: String
    let signatures: [[UInt8]]

    /// Returns nil for a field that is not well-formed.
    init?(field: String) {
        var timestamp: Substring?
        var signatures: [[UInt8]] = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            if part.hasPrefix("t="), timestamp == nil {
                timestamp = part.dropFirst(2)
            } else if part.hasPrefix("v1="), let bytes = Self.bytes(hex: part.dropFirst(3)) {
                signatures.append(bytes)
            } else {
                return nil
            }
        }
        guard let timestamp, Self.isTimestamp(timestamp), (1...Self.maximumSignatures).contains(signatures.count)
        else { return nil }
        self.timestamp = String(timestamp)
        self.signatures = signatures
    }

    /// Signs `body` at a time.
    init(_ body: [UInt8], secret: Secret, at milliseconds: Int64) {
        timestamp = String(milliseconds / 1_000)
        signatures = [Self.code(body, timestamp: timestamp, secret: secret)]
    }

    /// The value of the field.
    var text: String {
        "t=\(timestamp)" + signatures.map { ",v1=\(Self.hex($0))" }.joined()
    }

    /// Whether one of the secrets has signed `body`, lately. How long it takes tells nothing about a secret.
    func isValid(for body: [UInt8], secrets: [Secret], at milliseconds: Int64) -> Bool {
        guard let seconds = Int64(timestamp),
            abs(milliseconds - seconds * 1_000) <= Self.toleranceMilliseconds
        else { return false }
        var isValid = false
        for secret in secrets {
            let expected = Self.code(body, timestamp: timestamp, secret: secret)
            for signature in signatures where constantTimeEqual(signature, expected) { isValid = true }
        }
        return isValid
    }

    private static func code(_ body: [UInt8], timestamp: String, secret: Secret) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: SymmetricKey(data: Array(secret.exposed.utf8)))
        hmac.update(data: Array("\(timestamp).".utf8))
        hmac.update(data: body)
        return Array(hmac.finalize())
    }

    /// Twelve digits reach far, and stay far from overflow.
    private static func isTimestamp(_ text: Substring) -> Bool {
        (1...12).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The 32 bytes of a SHA-256 in lower-case hexadecimal digits.
    private static func bytes(hex: Substring) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count == 2 * SHA256.byteCount else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
