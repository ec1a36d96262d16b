/// Counts of times in microseconds: exact below 1,024, to 0.2 % above (512 steps for each power of two).
struct Histogram {
    private var counts = [Int](repeating: 0, count: 1_024 + 512 * 40)
    private(set) var count = 0
    private(set) var maximum = 0

    mutating func record(_ microseconds: Int) {
        let value = max(0, microseconds)
        counts[min(Self.index(of: value), counts.count - 1)] += 1
        count += 1
        maximum = max(maximum, value)
    }

    private static func index(of value: Int) -> Int {
        guard value >= 1_024 else { return value }
        let exponent = Int.bitWidth - 1 - value.leadingZeroBitCount - 9
        return 1_024 + (exponent - 1) * 512 + (value >> exponent) - 512
    }

    private static func value(at index: Int) -> Int {
        guard index >= 1_024 else { return index }
        let (exponent, step) = ((index - 1_024) / 512 + 1, (index - 1_024) % 512)
        return (512 + step) << exponent
    }

    /// The time that `share` (0–1) of all values do not exceed.
    func quantile(_ share: Double) -> Int {
        var left = max(1, Int((Double(count) * share).rounded(.up)))
        for (index, entries) in counts.enumerated() {
            left -= entries
            if left <= 0 { return min(Self.value(at: index), maximum) }
        }
        return maximum
    }
}
