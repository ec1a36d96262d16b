import Chassis
import Logging

/// Brings the signing keys up at the start: the stored ones, those of an earlier version, or new ones.
struct SigningKeyStart: Sendable {
    let store: SigningKeyStore
    let directory: SigningKeyDirectory
    let settings: Settings

    /// The ring that the service begins with.
    /// - Parameter now: ms since 1970; from here on this process publishes its keys.
    /// - Throws: ``SettingsError`` when the stored keys cannot be decrypted, or a file of an earlier version is no key.
    func ring(now: Int64) async throws -> SigningKeyRing {
        do {
            let loaded = try await loaded(now: now)
            // Only now: what a crash leaves behind is removed the next time.
            try directory.remove(Set(loaded.rotation.keys.map(\.id)))
            return try await SigningKeyRing(loaded)
        } catch is DataSealer.CannotOpen {
            throw DataSealer.wrongKey(settings)
        }
    }

    private func loaded(now: Int64) async throws -> SigningKeyStore.Loaded {
        let earlier = try directory.keys()
        let (_, loaded) = try await store.change(adopting: earlier) { rotation, _, make in
            if rotation.keys.isEmpty { rotation.adopt(earlier.map(\.id), now: now) }
            rotation.advance(now: now, servedSince: now, make: make)
        }
        return loaded
    }
}
