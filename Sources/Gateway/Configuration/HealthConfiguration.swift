/// How the addresses of an upstream are asked whether they are well.
struct HealthConfiguration: Sendable, Equatable {
    /// What is asked for by GET.
    var path: String
    /// The port that is asked; `nil` for the one that serves.
    var port: Int?
    var interval: UInt64 = 1_000
    var timeout: UInt64 = 1_000
    /// Passed checks in a row after which an address is used again.
    var healthy: Int = 1
    /// Failed checks in a row after which an address is no longer used.
    var unhealthy: Int = 2
    /// The status of a passed check.
    var expect: Int = 200
}

extension HealthConfiguration {
    init?(reading value: DocumentValue) {
        guard var reader = value.mapping() else { return nil }
        let path = reader.required("path")
        self.init(path: path?.text() ?? "/")
        if let path, !self.path.hasPrefix("/") { path.fail("must start with \"/\"") }
        if reader.optional("port") != nil { port = reader.integer("port", in: 1...65_535) }
        interval = reader.duration("interval", in: 100...3_600_000, default: interval)
        timeout = reader.duration("timeout", in: 10...60_000, default: timeout)
        healthy = reader.integer("healthy", in: 1...100, default: healthy)
        unhealthy = reader.integer("unhealthy", in: 1...100, default: unhealthy)
        expect = reader.integer("expect", in: 200...599, default: expect)
        reader.finish()
    }
}
