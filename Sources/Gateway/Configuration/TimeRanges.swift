/// Ranges of times in milliseconds.
enum Times {
    static let short: ClosedRange<UInt64> = 1...60_000
    static let long: ClosedRange<UInt64> = 1...3_600_000
}
