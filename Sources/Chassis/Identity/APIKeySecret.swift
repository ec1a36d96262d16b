import Crypto

/// The secret of an API key: `tg_` and 56 characters of Crockford's base 32 in lower case, which are 256 random bits and
/// a checksum of 24 bits.
///
/// The checksum is the beginning of the SHA-256 of the random bytes: a scanner of repositories, and a gateway before it
/// asks anybody, can tell a key from a string that looks like one, and every typing mistake is found. It proves nothing.
///
/// Services store and compare ``hash``, one SHA-256. A fast hash is right here: slow ones protect what can be guessed,
/// and 256 random bits cannot; a slow one would only make every first use of a key expensive.
public struct APIKeySecret: Sendable, Equatable {
    /// What every key begins with.
    public static let mark = "tg_"
    /// The length of a key in bytes.
    public static let length = 59

    private static let entropy = 32
    private let bytes: [UInt8]

    /// A fresh random key.
    public static func random() -> APIKeySecret {
        var generator = SystemRandomNumberGenerator()
        return APIKeySecret(bytes: (0..<entropy).map { _ in .random(in: .min ... .max, using: &generator) })
    }

    /// Reads what a client sent.
    /// - Returns: nil when it cannot be a key of ours: another mark, length or alphabet, or a wrong checksum.
    public init?(_ text: some Collection<UInt8>) {
        guard text.count == Self.length, text.starts(with: Self.mark.utf8),
            let decoded = CrockfordBase32.decode(text.dropFirst(Self.mark.utf8.count))
        else { return nil }
        let bytes = Array(decoded[..<Self.entropy])
        guard decoded[Self.entropy...].elementsEqual(Self.checksum(bytes)) else { return nil }
        self.bytes = bytes
    }

    /// ``init(_:)`` of a text.
    public init?(_ text: String) { self.init(text.utf8) }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes).prefix(3)) }

    /// What the client receives, once. Not for logs.
    public var exposed: String {
        Self.mark + String(decoding: CrockfordBase32.encode(bytes + Self.checksum(bytes)), as: UTF8.self)
    }

    /// The first 11 characters, by which people recognise a key; 216 random bits remain unknown.
    public var prefix: String { String(exposed.prefix(11)) }

    /// The SHA-256 under which services know it.
    public var hash: [UInt8] { Array(SHA256.hash(data: bytes)) }
}

extension APIKeySecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[API key]`.
    public var description: String { "[API key]" }
    /// Always `[API key]`.
    public var debugDescription: String { description }
    /// Shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
