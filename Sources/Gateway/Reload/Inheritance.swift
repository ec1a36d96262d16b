/// What a gateway takes over from the one before it: whatever was learnt, as far as the new configuration says the same
/// about it. What a configuration changes starts afresh.
struct Inheritance {
    private let previous: Gateway
    private let before: GatewayConfiguration
    private let after: GatewayConfiguration

    init?(from previous: Gateway?, to configuration: GatewayConfiguration) {
        guard let previous else { return nil }
        self.previous = previous
        before = previous.origin.configuration
        after = configuration
    }

    /// The upstream of the same name, place and configuration.
    func upstream(_ configuration: UpstreamConfiguration, index: Int) -> Upstream? {
        guard previous.upstreams.indices.contains(index) else { return nil }
        let upstream = previous.upstreams[index]
        return upstream.configuration == configuration ? upstream : nil
    }

    /// The issuer's keys.
    var keys: KeySource? {
        guard let issuer = after.authentication, before.authentication == issuer,
            before.upstreams.first(where: { $0.name == issuer.jwksUpstream })
                == after.upstreams.first(where: { $0.name == issuer.jwksUpstream })
        else { return nil }
        return previous.keys
    }

    /// Verified tokens and signed identities: they know scopes and roles by their bits and upstreams by their numbers.
    var loops: [LoopState]? {
        keys != nil && before.scopes == after.scopes && before.roles == after.roles
            && before.upstreams.map(\.audience) == after.upstreams.map(\.audience) ? previous.loops : nil
    }
}
