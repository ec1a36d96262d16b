/// Finds the route of a path and method: a tree of path segments, built once and only read afterwards.
///
/// Precedence is that of the Kubernetes Gateway API: a complete path (a literal segment wins over a parameter, from the
/// left), then the longest prefix; of these the first whose methods include the request's. A less specific
/// route therefore still answers a method that the more specific one does not have.
struct RouteTree: Sendable {
    /// What was found.
    enum Match: Equatable, Sendable {
        /// The index of the route, as given to ``insert(_:methods:route:)``.
        case route(Int)
        /// The path is known, but not with this method; the known ones, sorted.
        case methodNotAllowed([String])
        case notFound
    }

    private struct Candidate: Sendable {
        /// Upper-case names as bytes; empty for all methods.
        var methods: [[UInt8]]
        var route: Int
    }

    private struct Node: Sendable {
        var literals: [(bytes: [UInt8], node: Int)] = []
        var parameter: Int?
        var complete: [Candidate] = []
        var prefix: [Candidate] = []
    }

    private var nodes = [Node()]

    /// Adds a route. Routes of one pattern are tried in the order in which they were added.
    mutating func insert(_ pattern: PathPattern, methods: [String], route: Int) {
        var at = 0
        for segment in pattern.segments { at = child(of: at, for: segment) }
        var names = methods.map { Array($0.utf8) }
        if methods.contains("GET"), !methods.contains("HEAD") { names.append(Array("HEAD".utf8)) }
        let candidate = Candidate(methods: names, route: route)
        if pattern.isPrefix { nodes[at].prefix.append(candidate) } else { nodes[at].complete.append(candidate) }
    }

    private mutating func child(of parent: Int, for segment: PathPattern.Segment) -> Int {
        switch segment {
        case .literal(let bytes):
            if let known = nodes[parent].literals.first(where: { $0.bytes == bytes }) { return known.node }
            nodes[parent].literals.append((bytes, nodes.count))
        case .parameter:
            if let known = nodes[parent].parameter { return known }
            nodes[parent].parameter = nodes.count
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// - Parameters:
    ///   - path: The normalised path, without query.
    ///   - method: The method as received.
    func match(path: Span<UInt8>, method: Span<UInt8>) -> Match {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else { return .notFound }
        let (route, isKnown) = find(path: path, method: method)
        if let route { return .route(route) }
        return isKnown ? .methodNotAllowed(allowed(path: path)) : .notFound
    }

    /// The route, and whether the path is known at all.
    private func find(path: Span<UInt8>, method: Span<UInt8>) -> (route: Int?, isKnown: Bool) {
        var isKnown = false
        for kind in [Kind.complete, .prefix] {
            var search = Search(tree: self, kind: kind)
            if let route = search.descend(0, path: path, from: 1, method: method) { return (route, true) }
            isKnown = isKnown || search.hasSeenPath
        }
        return (nil, isKnown)
    }

    private enum Kind {
        case complete
        case prefix
    }

    /// One walk, for one kind of pattern: a prefix is taken only when no pattern matches completely.
    private struct Search {
        let tree: RouteTree
        let kind: Kind
        /// Whether some pattern matched the path, whatever its methods.
        var hasSeenPath = false

        /// - Parameter start: One past the "/" that opened this segment; past the end there are no more segments.
        mutating func descend(_ node: Int, path: Span<UInt8>, from start: Int, method: Span<UInt8>) -> Int? {
            let isEnd = start > path.count || path.count == 1
            if !isEnd {
                var end = start
                while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
                if let found = children(node, path: path, segment: start..<end, method: method) { return found }
            }
            switch kind {
            case .complete: return isEnd ? pick(tree.nodes[node].complete, method: method) : nil
            case .prefix: return pick(tree.nodes[node].prefix, method: method)
            }
        }

        private mutating func children(
            _ node: Int, path: Span<UInt8>, segment: Range<Int>, method: Span<UInt8>
        ) -> Int? {
            let literals = tree.nodes[node].literals
            for index in literals.indices where literals[index].bytes.equals(path, at: segment) {
                let next = literals[index].node
                if let found = descend(next, path: path, from: segment.upperBound + 1, method: method) { return found }
                break
            }
            guard let parameter = tree.nodes[node].parameter, !segment.isEmpty else { return nil }
            return descend(parameter, path: path, from: segment.upperBound + 1, method: method)
        }

        private mutating func pick(_ candidates: [Candidate], method: Span<UInt8>) -> Int? {
            for candidate in candidates {
                hasSeenPath = true
                if candidate.methods.isEmpty { return candidate.route }
                for name in candidate.methods where name.equals(method, at: 0..<method.count) {
                    return candidate.route
                }
            }
            return nil
        }
    }

    /// The methods of every pattern that matches the path, for `Allow`; only walked when the answer is 405.
    private func allowed(path: Span<UInt8>) -> [String] {
        let methods = Set(nodes.lazy.flatMap { $0.complete + $0.prefix }.flatMap(\.methods))
        var names: [String] = []
        for method in methods where find(path: path, method: method.span).route != nil {
            names.append(String(decoding: method, as: UTF8.self))
        }
        return names.sorted()
    }
}

extension [UInt8] {
    /// Whether these are the bytes of `span` in `range`.
    func equals(_ span: Span<UInt8>, at range: Range<Int>) -> Bool {
        guard count == range.count else { return false }
        for offset in indices where self[offset] != span[range.lowerBound + offset] { return false }
        return true
    }
}
