/// How long a request may take; `total` includes waiting and retries and travels downstream.
struct TimeoutConfiguration: Sendable, Equatable {
    var connect: UInt64 = 1_000
    var perTry: UInt64 = 10_000
    var total: UInt64 = 15_000
    /// How long nothing may come inside the body of an answer.
    var idle: UInt64 = 30_000
}

extension TimeoutConfiguration {
    init(reading value: DocumentValue, over base: TimeoutConfiguration) {
        self = base
        guard var reader = value.mapping() else { return }
        connect = reader.duration("connect", in: Times.short, default: base.connect)
        perTry = reader.duration("per_try", in: Times.long, default: base.perTry)
        total = reader.duration("total", in: Times.long, default: base.total)
        idle = reader.duration("idle", in: Times.long, default: base.idle)
        if perTry > total { value.fail("per_try must not be longer than total") }
        reader.finish()
    }
}
