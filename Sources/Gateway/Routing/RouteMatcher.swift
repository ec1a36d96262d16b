import HTTP

/// Finds the route of a request: by host, path, method, headers and query, in the precedence of the Kubernetes Gateway
/// API (`HTTPRoute`).
///
/// The host comes first: an exact name, then the longest wildcard, then the routes for every host. A route of a less
/// specific host answers what the more specific one has no route for.
final class RouteMatcher: Sendable {
    /// What was found.
    enum Match: Equatable, Sendable {
        /// The index of the route in the list that the matcher was made of.
        case route(Int)
        /// Some route is for this request but for its method; the methods that would do, sorted.
        case methodNotAllowed([String])
        case notFound
    }

    let methods: MethodTable
    let conditions: [RouteCondition]
    /// The methods that some route names.
    private let named: UInt64
    private let anyHost: RouteTree
    private let hosts: HostIndex?

    /// - Parameter routes: In the order of the file.
    init(_ routes: [RouteMatch]) {
        methods = MethodTable(routes.flatMap(\.methods))
        var compiler = Compiler(methods: methods)
        for (index, route) in routes.enumerated() { compiler.insert(route, index: index) }
        conditions = compiler.conditions
        named = compiler.named
        anyHost = compiler.anyHost.build()
        hosts = compiler.hosts.isEmpty ? nil : HostIndex(compiler.hosts.map { ($0.host, $0.builder.build()) })
    }

    func match(_ request: Request) -> Match {
        let head = request.head
        var visitor = FirstMatch(matcher: self, head: head, method: methods.bit(of: head))
        visit(request, &visitor)
        if visitor.route >= 0 { return .route(Int(visitor.route)) }
        return visitor.hasOtherMethod ? .methodNotAllowed(allowed(request)) : .notFound
    }

    /// Offers the routes of the request's host and path, the best first, until one is accepted.
    func visit(_ request: Request, _ visitor: inout some CandidateVisitor) {
        let head = request.head
        if head.pathIsPlain {
            head.withBytes(head.rawPath) { walk($0.bindMemory(to: UInt8.self).span, head, &visitor) }
        } else {
            walk(Array(request.path.utf8).span, head, &visitor)
        }
    }

    private func walk(_ path: Span<UInt8>, _ head: RequestHead, _ visitor: inout some CandidateVisitor) {
        if let hosts {
            var scope = head.withBytes(head.authority) { hosts.find($0) }
            while scope >= 0 {
                visitor.enter(hosts.scopes[Int(scope)].pattern)
                if hosts.scopes[Int(scope)].tree.walk(path, &visitor) { return }
                scope = hosts.scopes[Int(scope)].next
            }
            visitor.enter(nil)
        }
        _ = anyHost.walk(path, &visitor)
    }

    /// The route that this request would have with another method, which a preflight announces.
    func route(of request: Request, with method: String) -> Int? {
        var visitor = FirstMatch(matcher: self, head: request.head, method: methods.mask([method]))
        visit(request, &visitor)
        return visitor.route >= 0 ? Int(visitor.route) : nil
    }

    /// The methods with which this request would have a route, for `Allow`; only asked when the answer is 405.
    private func allowed(_ request: Request) -> [String] {
        methods.names(named).filter { name in
            route(of: request, with: name) != nil
        }
    }
}

/// Takes the first route that has the method and whose conditions hold.
private struct FirstMatch: CandidateVisitor {
    let matcher: RouteMatcher
    let head: RequestHead
    let method: UInt64
    private(set) var route: Int32 = -1
    /// Whether some route is for this request but for its method.
    private(set) var hasOtherMethod = false

    init(matcher: RouteMatcher, head: RequestHead, method: UInt64) {
        self.matcher = matcher
        self.head = head
        self.method = method
    }

    mutating func accepts(_ candidate: RouteTree.Candidate) -> Bool {
        if candidate.methods & method == 0 {
            if !hasOtherMethod { hasOtherMethod = holds(candidate) }
            return false
        }
        guard holds(candidate) else { return false }
        route = candidate.route
        return true
    }

    @inline(__always)
    private func holds(_ candidate: RouteTree.Candidate) -> Bool {
        candidate.condition < 0 || matcher.conditions[Int(candidate.condition)].holds(head)
    }
}

/// Sorts routes into one tree per host.
private struct Compiler {
    let methods: MethodTable
    var conditions: [RouteCondition] = []
    var named: UInt64 = 0
    var anyHost = RouteTreeBuilder()
    var hosts: [(host: HostPattern, builder: RouteTreeBuilder)] = []
    private var numbers: [RouteCondition: Int32] = [:]
    private var places: [HostPattern: Int] = [:]

    init(methods: MethodTable) { self.methods = methods }

    mutating func insert(_ route: RouteMatch, index: Int) {
        let entry = RouteTreeBuilder.Entry(
            route: index, methods: methods.mask(route.methods), condition: number(of: RouteCondition(route)),
            headers: route.headers.count, queries: route.query.count)
        if entry.methods != MethodTable.all { note(entry.methods) }
        if route.hosts.isEmpty { anyHost.insert(route.path, entry) }
        for host in Set(route.hosts) { hosts[place(of: host)].builder.insert(route.path, entry) }
    }

    private mutating func note(_ mask: UInt64) {
        named |= mask & MethodTable.get != 0 ? mask | MethodTable.head : mask
    }

    private mutating func number(of condition: RouteCondition?) -> Int32 {
        guard let condition else { return -1 }
        if let known = numbers[condition] { return known }
        let number = Int32(conditions.count)
        conditions.append(condition)
        numbers[condition] = number
        return number
    }

    private mutating func place(of host: HostPattern) -> Int {
        if let known = places[host] { return known }
        let place = hosts.count
        hosts.append((host, RouteTreeBuilder()))
        places[host] = place
        return place
    }
}
