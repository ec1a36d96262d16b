public import Logging
import Synchronization

/// The level below which a process logs nothing. It can be changed while the process runs.
public final class LogThreshold: Sendable {
    private let index: Atomic<Int>

    /// A threshold of `level`.
    public init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

    /// The level now.
    public var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}
