/// The queue for replayable requests while no address of the upstream accepts connections.
struct WaitingConfiguration: Sendable, Equatable {
    var capacity: Int = 1_000
    var time: UInt64 = 10_000
}

extension WaitingConfiguration {
    init(reading value: DocumentValue) {
        self.init()
        guard var reader = value.mapping() else { return }
        capacity = reader.integer("capacity", in: 0...100_000, default: capacity)
        time = reader.duration("time", in: Times.short, default: time)
        reader.finish()
    }
}
