/// Which parts of an aggregate may be asked for, and which never will be.
///
/// A pure state machine: asking happens elsewhere. Parts are numbers in the order of the file.
struct PartSchedule: Sendable {
    private enum State: Sendable {
        case waiting
        case started
        case arrived
        case missing
    }

    private let dependencies: [[Int]]
    private var states: [State]

    /// - Parameter dependencies: For each part those that have to be there before it; without cycles.
    init(_ dependencies: [[Int]]) {
        self.dependencies = dependencies
        states = dependencies.map { _ in .waiting }
    }

    /// The parts that can never be asked for, because they wait for each other in a circle or for such a part.
    static func unreachable(_ dependencies: [[Int]]) -> [Int] {
        var schedule = PartSchedule(dependencies)
        var ready = schedule.start()
        while !ready.isEmpty { ready = ready.flatMap { schedule.arrived($0) } }
        return schedule.states.indices.filter { schedule.states[$0] == .waiting }
    }

    /// Whether every part is there, or is known not to come.
    var isOver: Bool { states.allSatisfy { $0 == .arrived || $0 == .missing } }

    /// The parts that wait for none. Asked once, first.
    mutating func start() -> [Int] { startReady() }

    /// A part is there.
    ///
    /// - Returns: Those that may be asked for now.
    mutating func arrived(_ part: Int) -> [Int] {
        states[part] = .arrived
        return startReady()
    }

    /// A part will not come.
    ///
    /// - Returns: Those that therefore will not come either.
    mutating func lost(_ part: Int) -> [Int] {
        states[part] = .missing
        var skipped: [Int] = []
        // A part may wait for one that comes later in the file: again, until nothing changes.
        while let next = states.indices.first(where: { states[$0] == .waiting && waitsForMissing($0) }) {
            states[next] = .missing
            skipped.append(next)
        }
        return skipped
    }

    private func waitsForMissing(_ part: Int) -> Bool { dependencies[part].contains { states[$0] == .missing } }

    private mutating func startReady() -> [Int] {
        let ready = states.indices.filter { part in
            states[part] == .waiting && dependencies[part].allSatisfy { states[$0] == .arrived }
        }
        for part in ready { states[part] = .started }
        return ready
    }
}
