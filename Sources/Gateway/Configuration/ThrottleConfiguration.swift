/// How many requests are let through at once, and what becomes of the others.
struct ThrottleConfiguration: Sendable, Equatable {
    var inFlight: Int
    /// How many may wait.
    var queue = 100
    /// How long one may wait, in milliseconds.
    var queueTime: UInt64 = 100
}

extension ThrottleConfiguration {
    init?(reading value: DocumentValue) {
        guard var reader = value.mapping() else { return nil }
        self.init(inFlight: reader.integer("in_flight", in: 1...1_000_000))
        queue = reader.integer("queue", in: 0...100_000, default: queue)
        queueTime = reader.duration("queue_time", in: Times.short, default: queueTime)
        reader.finish()
    }
}

extension MappingReader {
    /// `priority: high | normal | low`.
    mutating func priority() -> Priority {
        enum Word: String, CaseIterable {
            case high
            case normal
            case low
        }
        let word: Word = choice("priority", default: .normal)
        return Priority.allCases.first { $0.name == word.rawValue } ?? .normal
    }
}
