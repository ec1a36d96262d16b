/// When an upstream that fails is spared altogether.
struct BreakerConfiguration: Sendable, Equatable {
    /// Failed tries of a hundred, within the window, that open the breaker; 0 never opens it.
    var errorPercent: Int = 50
    /// Tries within the window below which it stays closed.
    var minimum: Int = 100
    var window: UInt64 = 10_000
    /// How long it stays open before one request is let through to find out.
    var open: UInt64 = 5_000
}

extension BreakerConfiguration {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        errorPercent = reader.integer("error_percent", in: 0...100, default: errorPercent)
        minimum = reader.integer("minimum", in: 1...1_000_000, default: minimum)
        window = reader.duration("window", in: 1_000...600_000, default: window)
        open = reader.duration("open", in: 100...600_000, default: open)
        reader.finish()
    }
}
