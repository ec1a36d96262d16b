/// One line of an audit log that is to be written: who did what to whom or what, and what it changed.
///
/// - Parameter Action: What can be done in a service; its raw values are what the log says.
public struct AuditEntry<Action: RawRepresentable<String> & Sendable & Equatable>: Sendable, Equatable {
    /// How an act ended.
    public enum Outcome: Sendable, Equatable {
        case done
        /// With the code of the answer.
        case refused(code: String)
    }

    /// What was done or attempted.
    public let action: Action
    /// How it ended.
    public var outcome: Outcome
    /// The id of what the act is about; nil where it is about no single thing.
    public let target: String?
    /// A JSON object; nil where nothing changed.
    public var before: String?
    /// A JSON object; nil where nothing changed.
    public var after: String?

    /// Describes an act.
    public init(
        action: Action, outcome: Outcome = .done, target: String?, before: String? = nil, after: String? = nil
    ) {
        self.action = action
        self.outcome = outcome
        self.target = target
        self.before = before
        self.after = after
    }
}
