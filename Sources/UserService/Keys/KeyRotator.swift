import Chassis
import Logging
import ServiceLifecycle
import Storage

/// Takes the steps of the key rotation when they are due, and keeps the ring as the database says, also where another
/// process took the step.
struct KeyRotator: Service {
    let store: SigningKeyStore
    let ring: SigningKeyRing
    let logger: Logger
    let clock: any WallClock
    /// Since when this process has published its keys, ms since 1970.
    let servedSince: Int64
    /// How often to look: one read of a few rows.
    var interval = Duration.seconds(1)

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await step()
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Does what is due. A failure is logged: the keys of before go on, and the next look comes.
    func step() async {
        do {
            var rotation = try await store.rotation()
            let before = rotation
            // Tried on a copy first: almost always there is nothing to do, and nothing is written.
            rotation.advance(now: clock.now, servedSince: servedSince) { "new" }
            let isDue =
                rotation != before || rotation.published != ring.current.published
                || rotation.active?.id != ring.current.active.id
            if isDue { try await change { _, _ in true } }
        } catch {
            logger.warning("The signing keys could not be looked after", metadata: ["error": "\(error)"])
        }
    }

    /// Asks for a rotation.
    /// - Parameter compromised: A key to be taken out at once.
    /// - Parameter note: Writes the act down, in its transaction; called when there is one.
    /// - Returns: The keys as they are then; nil when there is no such key in the key set.
    func rotate(
        withdrawing compromised: String? = nil,
        note: @escaping @Sendable (_ now: Int64, any Transaction) throws -> Void = { _, _ in }
    ) async throws -> KeyRotation? {
        let now = clock.now
        return try await change { rotation, transaction in
            let isDone =
                if let compromised {
                    rotation.withdraw(compromised, now: now)
                } else {
                    rotation.request(now: now) != nil
                }
            if isDone { try note(now, transaction) }
            return isDone
        }
    }

    /// Changes the rotation, does what is due then, and uses the keys as soon as they are stored.
    @discardableResult
    private func change(
        _ body: @escaping @Sendable (inout KeyRotation, any Transaction) throws -> Bool
    ) async throws -> KeyRotation? {
        let (now, servedSince, ring) = (clock.now, servedSince, ring)
        let ((isDone, turn), loaded) = try await store.change { rotation, transaction, make in
            let isDone = try body(&rotation, transaction)
            rotation.advance(now: now, servedSince: servedSince, make: make)
            return (isDone, ring.turn())
        }
        try await use(loaded, of: turn)
        return isDone ? loaded.rotation : nil
    }

    private func use(_ loaded: SigningKeyStore.Loaded, of turn: UInt64) async throws {
        let before = ring.current
        ring.replace(by: try await SigningKeyRing.Snapshot(loaded), of: turn)
        let now = ring.current.active.id
        guard before.active.id != now else { return }
        logger.info("Another key signs", metadata: ["key": "\(now)", "before": "\(before.active.id)"])
    }
}
