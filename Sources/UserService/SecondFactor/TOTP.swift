import Chassis
import Crypto

/// Time-based one-time passwords as authenticator apps make them (RFC 6238): HMAC-SHA-1, 30 s, six digits.
struct TOTP: Sendable {
    /// Bytes of a secret: as many as the hash gives (RFC 4226 §4, R6).
    static let secretLength = 20
    private static let period: Int64 = 30_000
    private static let digits = 6
    /// How many steps a clock may be off, each way (RFC 6238 §5.2).
    private static let window: Int64 = 1

    let secret: [UInt8]

    /// A fresh random secret.
    static func random() -> TOTP {
        var generator = SystemRandomNumberGenerator()
        return TOTP(secret: .random(secretLength, using: &generator))
    }

    /// The time step of a moment, in ms since 1970 (RFC 6238 §4.2).
    static func step(at now: Int64) -> Int64 { now / period }

    /// The code of a step (RFC 4226 §5.3).
    func code(step: Int64) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        let hash = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(hash[19] & 0x0F)
        let number = hash[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let text = String(number % 1_000_000)
        return String(repeating: "0", count: Self.digits - text.count) + text
    }

    /// The step that a code is of, if it is a code of about now and no step so late was used before. Which code it was, and
    /// how much of a wrong one was right, takes the same time.
    func step(of code: String, now: Int64, usedUpTo last: Int64) -> Int64? {
        let given = Array(code.utf8)
        var found: Int64?
        for step in (Self.step(at: now) - Self.window)...(Self.step(at: now) + Self.window) {
            let isEqual = constantTimeEqual(given, Array(self.code(step: step).utf8))
            if isEqual, step > last { found = step }
        }
        return found
    }

    /// The secret in base 32 (RFC 4648 §6), for typing it in.
    var text: String { Base32.encode(secret) }

    /// `otpauth://totp/Tollgate:…`, as authenticator apps read it from a QR code.
    func uri(account: String, issuer: String) -> String {
        let (issuer, account) = (Self.escaped(issuer), Self.escaped(account))
        return "otpauth://totp/\(issuer):\(account)?secret=\(text)&issuer=\(issuer)&algorithm=SHA1&digits=6&period=30"
    }

    /// Everything but what RFC 3986 §2.3 leaves free is percent-encoded.
    private static func escaped(_ text: String) -> String {
        let free = "-._~"
        return text.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isFree = byte < 0x80 && (character.isLetter || character.isNumber || free.contains(character))
            if isFree { return String(character) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

/// Base 32 of RFC 4648 §6, without padding: what authenticator apps take.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

    static func encode(_ bytes: [UInt8]) -> String {
        var text = ""
        var (bits, count): (UInt32, Int) = (0, 0)
        for byte in bytes {
            (bits, count) = (bits << 8 | UInt32(byte), count + 8)
            while count >= 5 {
                count -= 5
                text.append(alphabet[Int(bits >> UInt32(count)) & 31])
            }
            bits &= (1 << UInt32(count)) - 1
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(5 - count)) & 31]) }
        return text
    }
}
