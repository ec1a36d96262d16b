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

    /// The issuer of the same configuration, with its keys.
    func issuer(_ configuration: IssuerConfiguration) -> TokenIssuer? {
        guard let issuer = previous.issuers.first(where: { $0.configuration == configuration }) else { return nil }
        guard case .upstream(let name, _) = configuration.keys else { return issuer }
        let isSame = before.upstreams.first { $0.name == name } == after.upstreams.first { $0.name == name }
        return isSame ? issuer : nil
    }

    /// The API keys and ended sessions of the same source.
    var projection: IdentityProjection? {
        guard let configuration = after.projection, before.projection == configuration,
            before.upstreams.first(where: { $0.name == configuration.upstream })
                == after.upstreams.first(where: { $0.name == configuration.upstream })
        else { return nil }
        return previous.projection
    }

    /// Verified tokens and signed identities: they know scopes and roles by their bits, upstreams by their numbers and
    /// what their issuer may say.
    var loops: [LoopState]? {
        before.authentication == after.authentication
            && before.projection == after.projection && (after.projection == nil || projection != nil)
            && (after.authentication?.issuers ?? []).allSatisfy { issuer($0) != nil }
            && before.scopes == after.scopes && before.roles == after.roles
            && before.upstreams.map(\.audience) == after.upstreams.map(\.audience) ? previous.loops : nil
    }
}
