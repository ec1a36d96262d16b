import Synchronization

/// Random bits for ids, taken from the system in blocks: one system call per 512 numbers instead of one per number.
enum Entropy {
    private static let pool = Mutex<[UInt64]>([])

    static func next() -> UInt64 {
        pool.withLock { pool in
            if pool.isEmpty {
                var generator = SystemRandomNumberGenerator()
                pool = (0..<512).map { _ in generator.next() }
            }
            return pool.removeLast()
        }
    }
}

/// Lower-case hexadecimal digits.
enum Hex {
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
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
    static func lowerCase(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var result: UInt64 = 0
        for byte in bytes {
            guard let digit = value(byte), byte.lowercased == byte else { return nil }
            result = result << 4 | UInt64(digit)
        }
        return result
    }
}
