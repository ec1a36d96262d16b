/// Finds the routes of a path: a tree of path segments, built once by ``RouteTreeBuilder`` and only read afterwards.
///
/// Routes are offered in their precedence, which is that of the Kubernetes Gateway API: a complete path (a literal
/// segment before a parameter, from the left), then the longest prefix; of one pattern, a route that names methods
/// before one for all, then the one with more headers, with more query parameters, and the first in the file.
///
/// Everything lies in flat arrays of plain numbers, so that a walk counts no references. A node with many literal
/// segments has a hash table over them: a thousand routes cost what ten cost.
final class RouteTree: Sendable {
    /// A route at the end of a pattern.
    struct Candidate: Sendable {
        /// The methods it answers, as bits of the ``MethodTable``.
        let methods: UInt64
        /// What it asks for beside the path, as an index of ``RouteMatcher/conditions``; -1 for nothing.
        let condition: Int32
        /// Its number.
        let route: Int32
    }

    /// A run of elements in one of the arrays.
    struct Slice: Sendable {
        var first: Int32 = 0
        var count: Int32 = 0

        var range: Range<Int> { Int(first)..<Int(first &+ count) }
    }

    struct Node: Sendable {
        var edges = Slice()
        /// Where the hash table over the edges is; empty while there are few.
        var slots = Slice()
        /// The node behind any segment; -1 for none.
        var parameter: Int32 = -1
        var complete = Slice()
        var prefix = Slice()
    }

    /// A literal segment: its bytes in ``text`` and the node behind it.
    struct Edge: Sendable {
        let text: Slice
        let node: Int32
    }

    let nodes: [Node]
    let edges: [Edge]
    /// Indices of edges, -1 where free.
    let slots: [Int32]
    let text: [UInt8]
    let candidates: [Candidate]
    private let hasPrefixes: Bool

    init(nodes: [Node], edges: [Edge], slots: [Int32], text: [UInt8], candidates: [Candidate]) {
        self.nodes = nodes
        self.edges = edges
        self.slots = slots
        self.text = text
        self.candidates = candidates
        hasPrefixes = nodes.contains { $0.prefix.count > 0 }
    }

    private enum Kind {
        case complete
        case prefix
    }

    /// Offers the routes whose pattern matches, the best first, until one is accepted.
    ///
    /// - Parameter path: The normalised path, without query.
    /// - Returns: Whether one was accepted.
    func walk(_ path: Span<UInt8>, _ visitor: inout some CandidateVisitor) -> Bool {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else { return false }
        if descend(0, path, from: 1, .complete, &visitor) { return true }
        return hasPrefixes && descend(0, path, from: 1, .prefix, &visitor)
    }

    /// - Parameter start: One past the "/" that opened this segment; past the end there are no more segments.
    private func descend(
        _ node: Int, _ path: Span<UInt8>, from start: Int, _ kind: Kind, _ visitor: inout some CandidateVisitor
    ) -> Bool {
        let isEnd = start > path.count || path.count == 1
        if !isEnd {
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            let literal = child(of: node, path, start..<end)
            if literal >= 0, descend(literal, path, from: end + 1, kind, &visitor) { return true }
            let parameter = Int(nodes[node].parameter)
            if parameter >= 0, end > start, descend(parameter, path, from: end + 1, kind, &visitor) { return true }
        }
        switch kind {
        case .complete: return isEnd && offer(nodes[node].complete, &visitor)
        case .prefix: return offer(nodes[node].prefix, &visitor)
        }
    }

    private func offer(_ slice: Slice, _ visitor: inout some CandidateVisitor) -> Bool {
        for index in slice.range where visitor.accepts(candidates[index]) { return true }
        return false
    }

    /// The node behind a literal segment; -1 for none.
    private func child(of node: Int, _ path: Span<UInt8>, _ segment: Range<Int>) -> Int {
        let slots = nodes[node].slots
        if slots.count > 0 { return hashedChild(slots, path, segment) }
        for index in nodes[node].edges.range where isSame(edges[index].text, path, segment) {
            return Int(edges[index].node)
        }
        return -1
    }

    /// Open addressing with a table at most half full.
    private func hashedChild(_ slots: Slice, _ path: Span<UInt8>, _ segment: Range<Int>) -> Int {
        var hash = SegmentHash()
        for index in segment { hash.combine(path[index]) }
        let mask = Int(slots.count) - 1
        var slot = Int(truncatingIfNeeded: hash.value) & mask
        while true {
            let edge = Int(self.slots[Int(slots.first) + slot])
            if edge < 0 { return -1 }
            if isSame(edges[edge].text, path, segment) { return Int(edges[edge].node) }
            slot = (slot + 1) & mask
        }
    }

    private func isSame(_ slice: Slice, _ path: Span<UInt8>, _ segment: Range<Int>) -> Bool {
        guard Int(slice.count) == segment.count else { return false }
        var at = Int(slice.first)
        for index in segment {
            if text[at] != path[index] { return false }
            at += 1
        }
        return true
    }
}

/// Looks at the routes of a path in the order of their precedence.
protocol CandidateVisitor {
    /// The routes of this host come next; `nil` for those for every host.
    mutating func enter(_ host: HostPattern?)

    /// - Returns: Whether this is the one, which ends the walk.
    mutating func accepts(_ candidate: RouteTree.Candidate) -> Bool
}

extension CandidateVisitor {
    @inline(__always)
    mutating func enter(_ host: HostPattern?) {}
}

/// FNV-1a. The keys of the tables come from the configuration alone, so nobody can make them collide from outside.
struct SegmentHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    @inline(__always)
    mutating func combine(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
}
