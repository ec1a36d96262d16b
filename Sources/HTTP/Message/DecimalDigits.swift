/// Decimal digits.
package enum DecimalDigits {
    /// Appends a whole number. By the constant 100 alone, which the compiler divides by without a division, and two digits
    /// at a time: times of spans have 19.
    package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
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
}
