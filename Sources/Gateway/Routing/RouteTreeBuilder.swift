/// Builds a ``RouteTree``.
struct RouteTreeBuilder {
    /// A route to be added.
    struct Entry {
        var route: Int
        /// The methods it names, as bits.
        var methods: UInt64
        var condition: Int32 = -1
        var headers = 0
        var queries = 0

        /// Whether it comes before another route of the same pattern.
        func precedes(_ other: Entry) -> Bool { rank.lexicographicallyPrecedes(other.rank) }

        private var rank: [Int] { [methods == MethodTable.all ? 1 : 0, -headers, -queries, route] }
    }

    private struct Branch {
        var literals: [(bytes: [UInt8], branch: Int)] = []
        var known: [[UInt8]: Int] = [:]
        var parameter: Int?
        var complete: [Entry] = []
        var prefix: [Entry] = []
    }

    /// From this many literals of a node on, a table is looked up instead of comparing one by one.
    static let hashedFrom = 9
    private var branches = [Branch()]

    mutating func insert(_ pattern: PathPattern, _ entry: Entry) {
        var at = 0
        for segment in pattern.segments { at = child(of: at, for: segment) }
        if pattern.isPrefix { branches[at].prefix.append(entry) } else { branches[at].complete.append(entry) }
    }

    private mutating func child(of parent: Int, for segment: PathPattern.Segment) -> Int {
        let next = branches.count
        switch segment {
        case .literal(let bytes):
            if let known = branches[parent].known[bytes] { return known }
            branches[parent].known[bytes] = next
            branches[parent].literals.append((bytes, next))
        case .parameter:
            if let known = branches[parent].parameter { return known }
            branches[parent].parameter = next
        }
        branches.append(Branch())
        return next
    }

    // MARK: - Flat arrays

    func build() -> RouteTree {
        var parts = Parts()
        for branch in branches { parts.append(branch) }
        return RouteTree(
            nodes: parts.nodes, edges: parts.edges, slots: parts.slots, text: parts.text,
            candidates: parts.candidates)
    }

    private struct Parts {
        var nodes: [RouteTree.Node] = []
        var edges: [RouteTree.Edge] = []
        var slots: [Int32] = []
        var text: [UInt8] = []
        var candidates: [RouteTree.Candidate] = []

        mutating func append(_ branch: Branch) {
            var node = RouteTree.Node()
            node.parameter = branch.parameter.map { Int32($0) } ?? -1
            node.complete = append(branch.complete)
            node.prefix = append(branch.prefix)
            node.edges = append(branch.literals)
            if branch.literals.count >= RouteTreeBuilder.hashedFrom {
                node.slots = hash(branch.literals, first: node.edges.first)
            }
            nodes.append(node)
        }

        private mutating func append(_ entries: [Entry]) -> RouteTree.Slice {
            let first = Int32(candidates.count)
            for entry in entries.sorted(by: { $0.precedes($1) }) {
                candidates.append(
                    .init(
                        methods: RouteTreeBuilder.methods(of: entry, among: entries), condition: entry.condition,
                        route: Int32(entry.route)))
            }
            return .init(first: first, count: Int32(entries.count))
        }

        private mutating func append(_ literals: [(bytes: [UInt8], branch: Int)]) -> RouteTree.Slice {
            let first = Int32(edges.count)
            for (bytes, branch) in literals {
                edges.append(
                    .init(text: .init(first: Int32(text.count), count: Int32(bytes.count)), node: Int32(branch)))
                text += bytes
            }
            return .init(first: first, count: Int32(literals.count))
        }

        private mutating func hash(_ literals: [(bytes: [UInt8], branch: Int)], first: Int32) -> RouteTree.Slice {
            var size = 16
            while size < 2 * literals.count { size *= 2 }
            var table = [Int32](repeating: -1, count: size)
            for (index, literal) in literals.enumerated() {
                var hash = SegmentHash()
                for byte in literal.bytes { hash.combine(byte) }
                var slot = Int(truncatingIfNeeded: hash.value) & (size - 1)
                while table[slot] >= 0 { slot = (slot + 1) & (size - 1) }
                table[slot] = first + Int32(index)
            }
            defer { slots += table }
            return .init(first: Int32(slots.count), count: Int32(size))
        }
    }

    /// GET brings HEAD along, unless a route that asks for the same has HEAD written out.
    private static func methods(of entry: Entry, among all: [Entry]) -> UInt64 {
        guard entry.methods & MethodTable.get != 0 else { return entry.methods }
        let isTaken = all.contains {
            $0.condition == entry.condition && $0.methods != MethodTable.all && $0.methods & MethodTable.head != 0
        }
        return isTaken ? entry.methods : entry.methods | MethodTable.head
    }
}
