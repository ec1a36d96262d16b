/// When an address that fails real requests is left out for a while, and how many may be.
struct OutlierConfiguration: Sendable, Equatable {
    /// Failures in a row that eject an address; 0 ejects none.
    var failures: Int = 5
    /// How long the first ejection lasts; the second one twice as long, and so on.
    var ejection: UInt64 = 30_000
    /// The longest ejection.
    var maximumEjection: UInt64 = 300_000
    /// How many of a hundred addresses may be ejected at once.
    var maximumPercent: Int = 50
    /// With fewer than this many of a hundred addresses fit for use, all of them are used.
    var panicPercent: Int = 50
    /// How long an address may owe answers and give none until it is asked whether it is alive; 0 for ever.
    var silence: UInt64 = 1_000
}

extension OutlierConfiguration {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        failures = reader.integer("failures", in: 0...1_000, default: failures)
        ejection = reader.duration("ejection", in: 100...3_600_000, default: ejection)
        maximumEjection = reader.duration(
            "maximum_ejection", in: 100...86_400_000, default: max(ejection, maximumEjection))
        if maximumEjection < ejection { value.fail("maximum_ejection must not be shorter than ejection") }
        maximumPercent = reader.integer("maximum_percent", in: 0...100, default: maximumPercent)
        panicPercent = reader.integer("panic_percent", in: 0...100, default: panicPercent)
        silence = reader.duration("silence", in: 0...3_600_000, default: silence)
        reader.finish()
    }
}
