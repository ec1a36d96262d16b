import HTTP

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

    /// Appends a whole number in decimal.
    static func append(_ value: UInt64, to bytes: inout [UInt8]) { DecimalDigits.append(value, to: &bytes) }

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
}
