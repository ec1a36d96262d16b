/// The comparison of the ledger with the processor's books, order by order.
public struct Reconciliation: Sendable, Hashable {
    /// Orders that one side or both have.
    public private(set) var compared = 0
    /// Those that are under way.
    public private(set) var inFlight = 0
    /// What differs, by key.
    public private(set) var differences: [Difference] = []
    /// More differences than ``differences`` lists.
    public private(set) var omitted = 0

    /// Whether the two sides say the same.
    public var agrees: Bool { differences.isEmpty }

    /// How many differences are listed at most.
    public static let listLimit = 10_000
}

extension Reconciliation {
    /// Compares two books that may change meanwhile: what seems to differ is looked up again before it counts.
    init(
        ledger: any SettlementBook, processor: any SettlementBook, at now: Int64, grace: Int64, pageSize: Int = 1_000
    ) async throws {
        var ours = SettlementCursor(ledger, pageSize: pageSize)
        var theirs = SettlementCursor(processor, pageSize: pageSize)
        while true {
            // Ours first: nothing is at the processor that was not in the ledger before.
            let (left, right) = (try await ours.peek(), try await theirs.peek())
            guard let key = [left?.key, right?.key].compactMap({ $0 }).min() else { return }
            let pair = (left: left?.key == key ? left : nil, right: right?.key == key ? right : nil)
            if pair.left != nil { ours.take() }
            if pair.right != nil { theirs.take() }
            compared += 1
            var comparison = Comparison(ledger: pair.left, processor: pair.right, at: now, grace: grace)
            var sides = pair
            if case .different = comparison {
                sides = try await Self.lookAgain(key, ledger, processor)
                comparison = Comparison(ledger: sides.left, processor: sides.right, at: now, grace: grace)
            }
            record(comparison, sides.left, sides.right)
        }
    }

    /// Both sides as they are now. The ledger is asked before the processor for what has ended, and after it for what has
    /// not: what it does not know yet may come while the processor answers.
    private static func lookAgain(
        _ key: String, _ ledger: any SettlementBook, _ processor: any SettlementBook
    ) async throws -> (left: Settlement?, right: Settlement?) {
        let first = try await ledger.settlement(key)
        let right = try await processor.settlement(key)
        guard first == nil || first?.state == .pending else { return (first, right) }
        let second = try await ledger.settlement(key)
        guard second != first else { return (first, right) }
        return (second, try await processor.settlement(key))
    }

    private mutating func record(_ comparison: Comparison, _ ledger: Settlement?, _ processor: Settlement?) {
        switch comparison {
        case .equal: break
        case .inFlight: inFlight += 1
        case .different(let kind):
            guard differences.count < Self.listLimit else {
                omitted += 1
                return
            }
            differences.append(Difference(kind: kind, ledger: ledger, processor: processor))
        }
    }
}
