/// Writes the time of a line: the date and the second are formatted once a second, the milliseconds each time.
struct TimeStamp: Sendable {
    private var second: Int64 = .min
    private var text: [UInt8] = []

    /// Appends `2026-01-31T08:15:30.250Z`.
    mutating func append(_ milliseconds: Int64, to bytes: inout [UInt8]) {
        // Before 1970 the remainder would be negative; no log is that old.
        let time = max(0, milliseconds)
        if time / 1_000 != second {
            second = time / 1_000
            text.removeAll(keepingCapacity: true)
            RFC3339.append(second * 1_000, to: &text)
            text.removeLast(4)
        }
        bytes.append(contentsOf: text)
        let rest = time % 1_000
        bytes.append(0x30 + UInt8(truncatingIfNeeded: rest / 100))
        bytes.append(0x30 + UInt8(truncatingIfNeeded: rest / 10 % 10))
        bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
        bytes.append(UInt8(ascii: "Z"))
    }
}
