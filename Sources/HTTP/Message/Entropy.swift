import Sockets

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Random bits for ids, taken from the system in blocks: one system call per 32 numbers instead of one per number.
enum Entropy {
    private static let pool = Locked<[UInt64]>([])

    static func next() -> UInt64 { pool.withLock { take(&$0) } }

    /// Two numbers for the price of one lock.
    static func pair() -> (UInt64, UInt64) { pool.withLock { (take(&$0), take(&$0)) } }

    private static func take(_ pool: inout [UInt64]) -> UInt64 {
        if pool.isEmpty { pool = block() }
        return pool.removeLast()
    }

    /// 256 bytes is the most that one call gives.
    private static func block() -> [UInt64] {
        var block = [UInt64](repeating: 0, count: 32)
        let result = block.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
        guard result == 0 else {
            var generator = SystemRandomNumberGenerator()
            return block.map { _ in generator.next() }
        }
        return block
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

    /// Appends the sixteen digits of `value`.
    static func append(_ value: UInt64, to out: ByteBuffer) {
        out.reserve(16)
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 &- index &* 4)) & 15
            out.writePointer[index] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
        }
        out.commit(16)
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
