/// A service behind the gateway.
struct UpstreamConfiguration: Sendable, Equatable {
    var name: String
    /// Where it is: one name or several, each with all the addresses behind it. Never empty in a valid file.
    var endpoints: [EndpointConfiguration]
    /// The audience of the identity token that goes with each request; `nil` sends none.
    var audience: String?
    var timeouts = TimeoutConfiguration()
    var retries = RetryConfiguration()
    var waiting = WaitingConfiguration()
    var balance = BalanceConfiguration()
    var outliers = OutlierConfiguration()
    var health: HealthConfiguration?
    var breaker = BreakerConfiguration()
    var limits = UpstreamLimits()
    /// `nil` lets everything through.
    var throttle: ThrottleConfiguration?
}

extension UpstreamConfiguration {
    init?(reading value: DocumentValue, name: String) {
        guard var reader = value.mapping() else { return nil }
        self.init(name: name, endpoints: Self.endpoints(&reader))
        audience = reader.optional("audience").map { $0.text() } ?? name
        if audience == "none" { audience = nil }
        timeouts = reader.optional("timeouts").map { TimeoutConfiguration(reading: $0, over: .init()) } ?? .init()
        retries = reader.optional("retries").map(RetryConfiguration.init(reading:)) ?? .init()
        waiting = reader.optional("waiting").map(WaitingConfiguration.init(reading:)) ?? .init()
        balance = BalanceConfiguration(reading: &reader)
        outliers = reader.optional("outliers").map(OutlierConfiguration.init(reading:)) ?? .init()
        health = reader.optional("health").flatMap(HealthConfiguration.init(reading:))
        breaker = reader.optional("breaker").map(BreakerConfiguration.init(reading:)) ?? .init()
        limits = reader.optional("limits").map(UpstreamLimits.init(reading:)) ?? .init()
        throttle = reader.optional("throttle").flatMap(ThrottleConfiguration.init(reading:))
        reader.finish()
    }

    /// The one `url`, or the list `endpoints`.
    private static func endpoints(_ reader: inout MappingReader) -> [EndpointConfiguration] {
        guard let list = reader.optional("endpoints") else {
            return reader.required("url").flatMap(EndpointConfiguration.init(url:)).map { [$0] } ?? []
        }
        if let url = reader.optional("url") { url.fail("an upstream has either \"url\" or \"endpoints\"") }
        let elements = list.elements()
        if !(1...256).contains(elements.count) { list.fail("needs 1 to 256 endpoints") }
        return elements.compactMap(EndpointConfiguration.init(reading:))
    }
}
