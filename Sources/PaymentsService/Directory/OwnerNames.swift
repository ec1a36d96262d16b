import Chassis
import Synchronization

/// Knows what users are called.
protocol OwnerDirectory: Sendable {
    /// The display name of a user, or nil when there is no such user.
    ///
    /// - Throws: Whatever keeps it from finding out.
    func name(of user: String, for origin: RequestOrigin) async throws -> String?
}

/// The names of owners as user-service said them not long ago. Nothing fails for want of a name: while user-service does
/// not answer, nobody has one.
final class OwnerNames: Sendable {
    private let directory: any OwnerDirectory
    private let clock: any WallClock
    private let cache = Mutex(NameCache())

    init(directory: any OwnerDirectory, clock: any WallClock) {
        self.directory = directory
        self.clock = clock
    }

    /// The display name of a user; nil when there is none, or none can be told now.
    func name(of user: String, for origin: RequestOrigin) async -> String? {
        switch cache.withLock({ [now = clock.now] in $0.lookUp(user, at: now) }) {
        case .known(let name): return name
        case .silence: return nil
        case .ask: break
        }
        do {
            let name = try await directory.name(of: user, for: origin)
            cache.withLock { [now = clock.now] in $0.insert(name, of: user, at: now) }
            return name
        } catch {
            cache.withLock { [now = clock.now] in $0.failed(at: now) }
            return nil
        }
    }
}
