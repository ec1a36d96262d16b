/// Which traces are exported whatever becomes of them (`OTEL_TRACES_SAMPLER`). Pure: the bits that decide are given.
struct Sampler: Sendable, Equatable {
    /// The values of `OTEL_TRACES_SAMPLER`.
    enum Name: String, CaseIterable {
        case alwaysOn = "always_on"
        case alwaysOff = "always_off"
        case ratio = "traceidratio"
        case parentOn = "parentbased_always_on"
        case parentOff = "parentbased_always_off"
        case parentRatio = "parentbased_traceidratio"
    }

    /// Whether the caller's choice, where there is one, is taken over.
    let followsParent: Bool
    /// Traces whose 56 random bits are below are chosen.
    let threshold: UInt64

    private static let range: UInt64 = 1 << 56

    /// - Parameter ratio: how many traces of the kinds with a ratio, 0 to 1.
    init(_ name: Name, ratio: Double) {
        followsParent = [.parentOn, .parentOff, .parentRatio].contains(name)
        switch name {
        case .alwaysOn, .parentOn: threshold = Self.range
        case .alwaysOff, .parentOff: threshold = 0
        case .ratio, .parentRatio: threshold = UInt64((ratio * Double(Self.range)).rounded())
        }
    }

    /// - Parameters:
    ///   - parent: The caller's choice; `nil` when there is no caller, or none that is believed.
    ///   - bits: Random bits, the same for all processes of a trace: the low half of its id (W3C Trace Context level 2,
    ///     section 2.2.5: its last 56 bits are random).
    @inline(__always)
    func chooses(parent: Bool?, bits: UInt64) -> Bool {
        if followsParent, let parent { return parent }
        return bits & (Self.range - 1) < threshold
    }
}
