/// Decides when the configuration file is to be read again. A pure state machine.
///
/// A changed file is read as soon as two looks in a row have found it the same: an editor that writes in place is not
/// caught half-way. One that is another at each of some looks is read as it is then: somebody writes it all the time, and
/// a half-written file that is caught is refused, and read again. A version that was read once is not read again, whether it was good or bad, unless somebody asks.
struct ReloadTrigger<Version: Equatable & Sendable>: Sendable {
    enum Action: Sendable, Equatable {
        case wait
        case reload
    }

    /// The version that was read last; `nil` for a file that was not there.
    private var read: Version?
    /// What the latest look found, if it differs from what was read.
    private var changed: Version?
    /// Looks in a row that found yet another version.
    private var restless = 0

    /// So many looks are waited for quiet.
    static var patience: Int { 5 }

    init(read version: Version?) { read = version }

    /// A look at the file; `nil` when it is not there, which is waited out: a file that is being replaced may be away
    /// for a moment, and no file is no new configuration.
    mutating func look(_ version: Version?) -> Action {
        guard let version, version != read else {
            // A file that is away for a moment does not make it quiet.
            if version != nil { restless = 0 }
            changed = nil
            return .wait
        }
        if version == changed { return reload(version) }
        restless += 1
        changed = version
        return restless < Self.patience ? .wait : reload(version)
    }

    /// Somebody asked for it (SIGHUP): the file is read as it is now.
    mutating func ask(_ version: Version?) -> Action { reload(version) }

    private mutating func reload(_ version: Version?) -> Action {
        (read, changed, restless) = (version, nil, 0)
        return .reload
    }
}
