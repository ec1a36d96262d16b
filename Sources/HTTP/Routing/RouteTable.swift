import HTTPTypes

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A route with everything that serving it needs.
final class Route: Sendable {
    let method: HTTPRequest.Method
    let kind: RequestHead.Method
    let template: String
    let names: [String]
    let bodyLimit: Int
    let handler: Handler

    init(method: HTTPRequest.Method, template: String, bodyLimit: Int, handler: @escaping Handler) {
        self.method = method
        self.template = template
        self.bodyLimit = bodyLimit
        self.handler = handler
        kind = RequestHead.Method(method)
        names = RouteTable.segments(of: template).compactMap(RouteTable.parameterName)
    }
}

/// Routes as a tree of path segments in one array. A lookup compares bytes of the path in place: a literal route
/// allocates nothing, a parameter costs its `String`.
struct RouteTable: Sendable {
    private struct Node {
        /// Literal children; few per node, so looking through them beats hashing.
        var literals: [(segment: [UInt8], node: Int)] = []
        /// The child for any segment.
        var parameter: Int?
        /// The routes that end here, one per method.
        var routes: [Route] = []
    }

    private var nodes = [Node()]

    // MARK: - Building

    static func segments(of template: String) -> [Substring] {
        precondition(template.hasPrefix("/"), "a template starts with a slash: \(template)")
        return template.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    }

    static func parameterName(_ segment: Substring) -> String? {
        segment.hasPrefix("{") && segment.hasSuffix("}") ? String(segment.dropFirst().dropLast()) : nil
    }

    mutating func insert(_ route: Route) {
        var node = 0
        for segment in Self.segments(of: route.template) {
            node = Self.parameterName(segment) == nil ? literal(Array(segment.utf8), of: node) : parameter(of: node)
        }
        let isNew = !nodes[node].routes.contains { $0.method == route.method }
        precondition(isNew, "\(route.method) \(route.template) is registered twice")
        nodes[node].routes.append(route)
    }

    private mutating func literal(_ segment: [UInt8], of node: Int) -> Int {
        if let known = nodes[node].literals.first(where: { $0.segment == segment }) { return known.node }
        nodes.append(Node())
        nodes[node].literals.append((segment, nodes.count - 1))
        return nodes.count - 1
    }

    private mutating func parameter(of node: Int) -> Int {
        if let known = nodes[node].parameter { return known }
        nodes.append(Node())
        nodes[node].parameter = nodes.count - 1
        return nodes.count - 1
    }

    // MARK: - Finding

    /// The route of the request, whose parameters it sets; nil when there is none.
    func find(_ request: inout Request) -> Route? {
        let head = request.head
        var values: [ByteRange] = []
        guard head.targetForm != .asterisk, let node = head.withNormalPath({ node(for: $0, &values) }),
            let route = route(at: node, for: head)
        else { return nil }
        if !values.isEmpty {
            request.parameters.names = route.names
            request.parameters.values = head.withNormalPath { path in
                values.map { value in
                    let bytes = path[Int(value.start)..<Int(value.end)]
                    return head.pathIsPlain ? String(decoding: bytes, as: UTF8.self) : PathNormalizer.text(bytes)
                }
            }
        }
        return route
    }

    private func route(at node: Int, for head: RequestHead) -> Route? {
        let routes = nodes[node].routes
        for route in routes where route.kind == head.methodKind {
            if route.kind != .other || route.method == head.method { return route }
        }
        if head.methodKind == .head { return routes.first { $0.kind == .get } }
        return nil
    }

    /// Walks the tree; literals first, then the parameter, going back where a literal led nowhere.
    private func node(for path: UnsafeRawBufferPointer, _ values: inout [ByteRange]) -> Int? {
        walk(path, from: 1, at: 0, &values)
    }

    private func walk(
        _ path: UnsafeRawBufferPointer, from start: Int, at node: Int, _ values: inout [ByteRange]
    ) -> Int? {
        guard start <= path.count else { return nodes[node].routes.isEmpty ? nil : node }
        var end = start
        while end < path.count, path[end] != 0x2F { end &+= 1 }
        if let child = literal(UnsafeRawBufferPointer(rebasing: path[start..<end]), of: node),
            let found = walk(path, from: end &+ 1, at: child, &values)
        {
            return found
        }
        guard let child = nodes[node].parameter, end > start else { return nil }
        values.append(ByteRange(start, end))
        if let found = walk(path, from: end &+ 1, at: child, &values) { return found }
        values.removeLast()
        return nil
    }

    private func literal(_ segment: UnsafeRawBufferPointer, of node: Int) -> Int? {
        for (literal, child) in nodes[node].literals where literal.count == segment.count {
            if literal.elementsEqual(segment) { return child }
        }
        return nil
    }

    // MARK: - Refusing

    /// The answer to a request without a route: 404, 405, or what OPTIONS asks for.
    func refuse(_ request: Request) throws(Problem) -> Response {
        let head = request.head
        if head.targetForm == .asterisk { return .empty(.noContent) }
        var values: [ByteRange] = []
        guard let node = head.withNormalPath({ node(for: $0, &values) }) else { throw Problem.notFound }
        let allowed = allow(at: node)
        if head.methodKind == .options { return .empty(.noContent, fields: [.allow: allowed]) }
        throw Problem.methodNotAllowed(allow: allowed)
    }

    private func allow(at node: Int) -> String {
        var methods = nodes[node].routes.map(\.method.rawValue)
        if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
        if !methods.contains("OPTIONS") { methods.append("OPTIONS") }
        return methods.joined(separator: ", ")
    }
}

extension RequestHead.Method {
    /// The kind of a method.
    init(_ method: HTTPRequest.Method) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .put: self = .put
        case .patch: self = .patch
        case .delete: self = .delete
        case .options: self = .options
        default: self = .other
        }
    }
}
