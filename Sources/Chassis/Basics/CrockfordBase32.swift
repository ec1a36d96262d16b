/// Crockford's base 32 in lower case (no i, l, o, u), strict: one text for one value, so nothing is folded or corrected.
///
/// Only whole groups, 5 bytes in 8 characters, are needed here.
public enum CrockfordBase32 {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    /// The text of `bytes`, whose number must be a multiple of five.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count % 5 == 0, "only whole groups")
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 5 * 8)
        for start in stride(from: 0, to: bytes.count, by: 5) {
            let group = bytes[start..<(start + 5)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            for shift in stride(from: 35, through: 0, by: -5) {
                text.append(alphabet[Int(group >> UInt64(shift)) & 31])
            }
        }
        return text
    }

    /// The bytes of `text`; `nil` for a character outside the alphabet or a length that is no multiple of eight.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 8 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 8 * 5)
        var (group, count) = (UInt64(0), 0)
        for character in text {
            let value = values[Int(character)]
            guard value < 32 else { return nil }
            (group, count) = (group << 5 | UInt64(value), count + 1)
            guard count == 8 else { continue }
            for shift in stride(from: 32, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt64(shift)))
            }
            (group, count) = (0, 0)
        }
        return bytes
    }
}
