import Sockets

/// Lower-case hexadecimal digits.
package enum Hex {
    /// Appends the sixteen digits of `value`.
    package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: digits(value)) { bytes.append(contentsOf: $0) }
    }

    /// Appends the sixteen digits of `value`.
    static func append(_ value: UInt64, to out: ByteBuffer) {
        withUnsafeBytes(of: digits(value)) { out.append($0) }
    }

    /// The digits in the order in which they are written.
    private static func digits(_ value: UInt64) -> (UInt64, UInt64) {
        let (high, low) = (UInt32(truncatingIfNeeded: value >> 32), UInt32(truncatingIfNeeded: value))
        return (digits(high).bigEndian, digits(low).bigEndian)
    }

    /// Eight digits at once, the first one in the highest byte.
    private static func digits(_ value: UInt32) -> UInt64 {
        // Each half of a part to a part of its own, until there are eight of four bits.
        var parts = UInt64(value)
        parts = (parts | parts << 16) & 0x0000_ffff_0000_ffff
        parts = (parts | parts << 8) & 0x00ff_00ff_00ff_00ff
        parts = (parts | parts << 4) & 0x0f0f_0f0f_0f0f_0f0f
        // 1 in each byte that takes a letter: with 6 more it has a fifth bit.
        let letters = ((parts &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return parts &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// The value of one hexadecimal digit of either letter case.
    @inline(__always)
    static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    /// The value of lower-case digits only, as W3C Trace Context demands.
    static func lowerCase(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        var result: UInt64 = 0
        for byte in bytes {
            guard let digit = value(byte), byte.lowercased == byte else { return nil }
            result = result << 4 | UInt64(digit)
        }
        return result
    }
}
