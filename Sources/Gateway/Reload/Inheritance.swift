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

    /// The key set of an issuer whose keys come from the same place, with what is told of it: a set that cannot be had
    /// right now is not thrown away because somebody changed a time.
    func keys(of configuration: IssuerConfiguration) -> KeySource? {
        let known = previous.issuers.first { issuer in
            let old = issuer.configuration
            return old.name == configuration.name && old.issuer == configuration.issuer
                && old.algorithms == configuration.algorithms && old.keys == configuration.keys
        }
        guard let known else { return nil }
        guard case .upstream(let name, _) = configuration.keys else { return known.keys }
        return isSamePlace(name, name) ? known.keys : nil
    }

    /// The API keys and ended sessions of the same source and the same configuration.
    var projection: IdentityProjection? {
        guard let old = before.projection, let new = after.projection, old == new,
            isSamePlace(old.upstream, new.upstream)
        else { return nil }
        return previous.projection
    }

    /// The projection that another one goes on from.
    var formerProjection: IdentityProjection? { previous.projection }

    /// Whether an upstream is asked at the same place for the same audience as another one was. How long it is waited
    /// for, and how often it is asked again, says nothing about its answers.
    private func isSamePlace(_ old: String, _ new: String) -> Bool {
        guard let old = before.upstreams.first(where: { $0.name == old }),
            let new = after.upstreams.first(where: { $0.name == new })
        else { return false }
        return old.audience == new.audience && old.endpoints.map(\.endpoint) == new.endpoints.map(\.endpoint)
    }

    /// Verified tokens and signed identities: they know scopes and roles by their bits, upstreams by their numbers and
    /// what their issuer may say.
    var loops: [LoopState]? {
        before.authentication == after.authentication
            && before.projection == after.projection && (after.projection == nil || projection != nil)
            && (after.authentication?.issuers ?? []).allSatisfy { keys(of: $0) != nil }
            && before.scopes == after.scopes && before.roles == after.roles
            && before.upstreams.map(\.audience) == after.upstreams.map(\.audience) ? previous.loops : nil
    }
}
