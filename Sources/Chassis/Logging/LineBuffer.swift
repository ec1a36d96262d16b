/// Appends text as the inside of a JSON string, numbers and times to a byte buffer, with no other allocation.
enum LineBuffer {
    /// Appends `text` in quotes, escaped as RFC 8259 §7 asks.
    static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(text.utf8, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends bytes of UTF-8, escaped but without quotes.
    static func appendEscaped(_ text: String.UTF8View, to bytes: inout [UInt8]) {
        // Nearly all text needs no escape and is copied at once.
        let isCopied = text.withContiguousStorageIfAvailable { plain in
            if plain.contains(where: needsEscape) { return false }
            bytes.append(contentsOf: plain)
            return true
        }
        if isCopied == true { return }
        for byte in text {
            if needsEscape(byte) { appendEscape(byte, to: &bytes) } else { bytes.append(byte) }
        }
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            append("u00", to: &bytes)
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte & 15))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    /// Appends bytes known at compile time.
    static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Appends a whole number in decimal. By the constant 100 alone, which the compiler divides by without a division, and
    /// two digits at a time: times of spans have 19.
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        if value < 10 { return bytes.append(0x30 + UInt8(truncatingIfNeeded: value)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, index) = (value, digits.count)
            while rest >= 10 {
                let pair = rest % 100
                rest /= 100
                index -= 2
                digits[index] = 0x30 + UInt8(truncatingIfNeeded: pair / 10)
                digits[index + 1] = 0x30 + UInt8(truncatingIfNeeded: pair % 10)
            }
            if rest > 0 {
                index -= 1
                digits[index] = 0x30 + UInt8(truncatingIfNeeded: rest)
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[index...]))
        }
    }

    /// Appends nanoseconds as milliseconds with three decimals: `12.345`.
    static func appendMilliseconds(nanoseconds: UInt64, to bytes: inout [UInt8]) {
        let microseconds = nanoseconds / 1_000
        append(microseconds / 1_000, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        let rest = microseconds % 1_000
        bytes.append(0x30 + UInt8(truncatingIfNeeded: rest / 100))
        bytes.append(0x30 + UInt8(truncatingIfNeeded: rest / 10 % 10))
        bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
    }

    /// Appends a number as 16 lower-case hexadecimal digits.
    static func appendHex(_ value: UInt64, to bytes: inout [UInt8]) {
        let digits = (
            hexDigits(UInt32(truncatingIfNeeded: value >> 32)).bigEndian,
            hexDigits(UInt32(truncatingIfNeeded: value)).bigEndian
        )
        withUnsafeBytes(of: digits) { bytes.append(contentsOf: $0) }
    }

    /// Eight digits at once, the first one in the highest byte: a span has up to four numbers of twice as many.
    private static func hexDigits(_ value: UInt32) -> UInt64 {
        // Each half of a part to a part of its own, until there are eight of four bits.
        var parts = UInt64(value)
        parts = (parts | parts << 16) & 0x0000_ffff_0000_ffff
        parts = (parts | parts << 8) & 0x00ff_00ff_00ff_00ff
        parts = (parts | parts << 4) & 0x0f0f_0f0f_0f0f_0f0f
        // 1 in each byte that takes a letter: with 6 more it has a fifth bit.
        let letters = ((parts &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return parts &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }
}
