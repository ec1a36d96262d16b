import HTTP
import JSON

/// What is known about the parts of one answer so far, and which requests are due. A pure state machine.
struct PartCollection {
    /// A request that may be sent now.
    struct Due: Equatable {
        /// The part's number.
        var part: Int
        /// Path and query.
        var target: String
    }

    private let parts: [AggregateConfiguration.Part]
    private var schedule: PartSchedule
    private var outcomes: [PartOutcome?]
    /// Whether a required part is missing, so that nothing else matters.
    private(set) var isFutile = false

    init(_ aggregate: AggregateConfiguration) {
        parts = aggregate.parts
        schedule = PartSchedule(aggregate.dependencies(of: parts))
        outcomes = parts.map { _ in nil }
    }

    /// The first requests.
    mutating func start() -> [Due] { due(schedule.start()) }

    /// A part has come out.
    ///
    /// - Returns: The requests that this makes possible.
    mutating func record(_ outcome: PartOutcome, of part: Int) -> [Due] {
        outcomes[part] = outcome
        if case .value = outcome { return due(schedule.arrived(part)) }
        isFutile = isFutile || parts[part].isRequired
        for skipped in schedule.lost(part) { outcomes[skipped] = .skipped }
        return []
    }

    private mutating func due(_ ready: [Int]) -> [Due] {
        var requests: [Due] = []
        for part in ready {
            do throws(PartTarget.Unusable) {
                requests.append(Due(part: part, target: try parts[part].target.filled(answer)))
            } catch {
                _ = record(.unusable(error.reason), of: part)
            }
        }
        return requests
    }

    private func answer(of name: String) -> JSONValue? {
        guard let index = parts.firstIndex(where: { $0.name == name }),
            case .value(_, let whole)? = outcomes[index]
        else { return nil }
        return whole
    }

    /// The document of what has come; parts that have not are skipped.
    var document: AggregateDocument {
        AggregateDocument(zip(parts, outcomes).map { ($0, $1 ?? .skipped) })
    }
}
