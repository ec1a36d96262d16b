import Synchronization

extension Gateway {
    /// Passes on that the service which is followed has another key set: a key that was withdrawn is not trusted until the
    /// next regular fetch.
    func noteChangedKeySet() {
        guard let projection else { return }
        let generation = projection.keySetGeneration
        guard seenKeySet.exchange(generation, ordering: .relaxed) != generation else { return }
        for issuer in issuers {
            guard case .upstream(projection.configuration.upstream, _) = issuer.configuration.keys else { continue }
            issuer.keys.changed()
        }
    }
}
