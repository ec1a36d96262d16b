import HTTP
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

extension RouteMatch {
    /// `GET,PUT host.example/path/{x} X-Name=value X-Any ?name=value ?any`; `*` for every method.
    init(line: String) throws {
        let parts = line.split(separator: " ").map(String.init)
        let slash = parts[1].firstIndex(of: "/") ?? parts[1].startIndex
        let host = parts[1][..<slash]
        self.init(path: try PathPattern(String(parts[1][slash...])))
        if !host.isEmpty { hosts = try host.split(separator: ",").map { try HostPattern(String($0)) } }
        methods = parts[0] == "*" ? [] : parts[0].split(separator: ",").map(String.init)
        for part in parts.dropFirst(2) {
            let pieces = part.trimmingPrefix("?").split(separator: "=", maxSplits: 1).map(String.init)
            let match = ValueMatch(name: pieces[0], value: pieces.count > 1 ? pieces[1] : nil)
            if part.hasPrefix("?") { query.append(match) } else { headers.append(match) }
        }
    }
}

extension Request {
    /// `GET host.example/path?query X-Name=value`.
    static func line(_ line: String) throws -> Request {
        let parts = line.split(separator: " ").map(String.init)
        let slash = parts[1].firstIndex(of: "/") ?? parts[1].startIndex
        var fields: HTTPFields = [:]
        fields[.init("Host")!] = slash == parts[1].startIndex ? "localhost" : String(parts[1][..<slash])
        for part in parts.dropFirst(2) {
            let pieces = part.split(separator: "=", maxSplits: 1).map(String.init)
            fields.append(HTTPField(name: .init(pieces[0])!, value: pieces.count > 1 ? pieces[1] : ""))
        }
        return try Request(method: .init(parts[0])!, target: String(parts[1][slash...]), fields: fields)
    }
}

@Suite struct RouteMatcherTests {
    private static func winner(_ request: String, _ routes: [String]) throws -> String? {
        let matcher = RouteMatcher(try routes.map { try RouteMatch(line: $0) })
        guard case .route(let index) = matcher.match(try .line(request)) else { return nil }
        return routes[index]
    }

    private static let hosted = [
        "* /v1/*", "* *.com/v1/*", "* *.example.com/v1/*", "* *.example.com/v1/x", "* api.example.com/v1/*",
        "* *.api.example.com/v1/*", "GET [::1]/v1/*",
    ]

    @Test(arguments: [
        ("GET api.example.com/v1/a", "* api.example.com/v1/*"),
        ("GET API.Example.COM/v1/a", "* api.example.com/v1/*"),
        ("GET api.example.com:8080/v1/a", "* api.example.com/v1/*"),
        ("GET api.example.com./v1/a", "* api.example.com/v1/*"),
        // The host counts before the path: the exact host's prefix beats the wildcard's exact path.
        ("GET api.example.com/v1/x", "* api.example.com/v1/*"),
        ("GET www.example.com/v1/x", "* *.example.com/v1/x"),
        ("GET www.example.com/v1/y", "* *.example.com/v1/*"),
        ("GET a.b.example.com/v1/y", "* *.example.com/v1/*"),
        ("GET a.api.example.com/v1/y", "* *.api.example.com/v1/*"),
        // A wildcard needs something in its place.
        ("GET example.com/v1/y", "* *.com/v1/*"),
        ("GET .example.com/v1/y", "* *.com/v1/*"),
        ("GET notexample.com/v1/y", "* *.com/v1/*"),
        ("GET com/v1/y", "* /v1/*"),
        ("GET [::1]:80/v1/y", "GET [::1]/v1/*"),
        // A less specific host answers what the more specific one has no route for.
        ("PUT [::1]:80/v1/y", "* /v1/*"),
    ])
    func theMostSpecificHostWins(request: String, expected: String) throws {
        #expect(try Self.winner(request, Self.hosted) == expected)
    }

    @Test func aHostLongerThanAnyNameIsNoHostOfOurs() throws {
        let long = Array(repeating: "a", count: 300).joined(separator: ".") + ".example.com"
        #expect(try Self.winner("GET \(long)/v1/x", Self.hosted) == "* /v1/*")
    }

    private static let conditional = [
        "* /x", "GET /x", "* /x A=1", "GET /x A=1", "* /x A=1 B", "GET /x ?q", "* /x ?q=1 ?r", "GET /x ?q=a%26b",
    ]

    @Test(arguments: [
        ("PUT /x", "* /x"), ("GET /x", "GET /x"), ("PUT /x A=1", "* /x A=1"), ("GET /x A=1", "GET /x A=1"),
        // The method counts before the number of headers, those before the number of query parameters.
        ("GET /x A=1 B=2", "GET /x A=1"), ("PUT /x A=1 B=2", "* /x A=1 B"), ("PUT /x a=1 b=", "* /x A=1 B"),
        ("PUT /x A=2", "* /x"), ("GET /x?q", "GET /x ?q"), ("GET /x?q=1&r", "GET /x ?q"),
        ("PUT /x?q=1&r", "* /x ?q=1 ?r"), ("PUT /x?%71=%31&r=", "* /x ?q=1 ?r"), ("PUT /x?q=2&q=1&r", "* /x"),
        ("PUT /x?Q=1&r", "* /x"), ("PUT /x A=1 A=1", "* /x"), ("HEAD /x A=1", "GET /x A=1"),
    ])
    func methodThenHeadersThenQuery(request: String, expected: String) throws {
        #expect(try Self.winner(request, Self.conditional) == expected)
    }

    @Test func repeatedHeadersAreOneList() throws {
        var match = try RouteMatch(line: "GET /x")
        match.headers = [ValueMatch(name: "A", value: "1, 2")]
        let matcher = RouteMatcher([match])
        #expect(matcher.match(try .line("GET /x A=1 A=2")) == .route(0))
        #expect(matcher.match(try .line("GET /x A=1")) == .notFound)
    }

    @Test func theMethodsThatWouldDoAreAllowed() throws {
        let routes = ["GET a.com/x", "POST /x", "PUT /x A=1", "DELETE b.com/x", "PURGE /x"]
        let matcher = RouteMatcher(try routes.map { try RouteMatch(line: $0) })
        #expect(matcher.match(try .line("PATCH a.com/x")) == .methodNotAllowed(["GET", "HEAD", "POST", "PURGE"]))
        #expect(matcher.match(try .line("PATCH /x A=1")) == .methodNotAllowed(["POST", "PURGE", "PUT"]))
        #expect(matcher.match(try .line("PATCH b.com/x")) == .methodNotAllowed(["DELETE", "POST", "PURGE"]))
        #expect(matcher.match(try .line("PURGE b.com/x")) == .route(4))
        #expect(matcher.match(try .line("LINK b.com/y")) == .notFound)
    }

    @Test func aPathWhoseConditionsFailIsNotFound() throws {
        let matcher = RouteMatcher([try RouteMatch(line: "GET /x A=1")])
        #expect(matcher.match(try .line("PUT /x")) == .notFound)
        #expect(matcher.match(try .line("PUT /x A=1")) == .methodNotAllowed(["GET", "HEAD"]))
    }

    @Test func headGoesWithGetUnlessWrittenOut() throws {
        let routes = ["GET /x", "HEAD /x", "GET /y"]
        #expect(try Self.winner("HEAD /x", routes) == "HEAD /x")
        #expect(try Self.winner("HEAD /y", routes) == "GET /y")
    }

    @Test func aThousandRoutesOfOneNodeAreAllFound() throws {
        let routes = (0..<1_000).map { "GET /api/item-\($0)/{id}" }
        let matcher = RouteMatcher(try routes.map { try RouteMatch(line: $0) })
        for index in 0..<1_000 { #expect(matcher.match(try .line("GET /api/item-\(index)/7")) == .route(index)) }
        #expect(matcher.match(try .line("GET /api/item-1000/7")) == .notFound)
        #expect(matcher.match(try .line("GET /api//7")) == .notFound)
    }

    // MARK: - Against the plain rule

    /// All routes that match, ranked by the words of the Gateway API: no tree, no table.
    @Test func theMatcherAgreesWithAScanOfAllRoutes() throws {
        var random = TestSeed.generator()
        for _ in 0..<300 {
            var conflicts = RouteConflicts()
            let routes = (0..<Int.random(in: 1...14, using: &random)).map { _ in Self.randomRoute(&random) }
                .filter { line in (try? conflicts.add(.init(line: line), name: line).isEmpty) ?? false }
            for _ in 0..<20 {
                let request = Self.randomRequest(&random)
                #expect(try Self.winner(request, routes) == Self.scan(request, routes), "\(request) in \(routes)")
            }
        }
    }

    private static func randomRoute(_ random: inout some RandomNumberGenerator) -> String {
        let host = ["", "", "a.b.c", "*.b.c", "*.c", "c"].randomElement(using: &random) ?? ""
        let path = ["/", "/p", "/p/q", "/p/*", "/*", "/p/q/*"].randomElement(using: &random) ?? "/"
        let method = ["*", "GET", "PUT", "GET,PUT"].randomElement(using: &random) ?? "*"
        let conditions = ["", " A", " A=1", " A=1 B", " ?q", " ?q=1", " A ?q=1"].randomElement(using: &random) ?? ""
        return "\(method) \(host)\(path)\(conditions)"
    }

    private static func randomRequest(_ random: inout some RandomNumberGenerator) -> String {
        let host = ["a.b.c", "x.b.c", "b.c", "c", "z"].randomElement(using: &random) ?? "z"
        let path = ["/", "/p", "/p/q", "/p/q/r", "/other", "/p/"].randomElement(using: &random) ?? "/"
        let query = ["", "?q=1", "?q=2"].randomElement(using: &random) ?? ""
        let method = ["GET", "PUT", "POST"].randomElement(using: &random) ?? "GET"
        let headers = ["", " A=1", " A=2", " A=1 B=1"].randomElement(using: &random) ?? ""
        return "\(method) \(host)\(path)\(query)\(headers)"
    }

    private static func scan(_ request: String, _ routes: [String]) throws -> String? {
        let request = try Request.line(request)
        var best: (rank: [Int], line: String)?
        for (index, line) in routes.enumerated() {
            guard let rank = rank(try RouteMatch(line: line), index, request) else { continue }
            if best.map({ $0.rank.lexicographicallyPrecedes(rank) }) ?? true { best = (rank, line) }
        }
        return best?.line
    }

    private static func rank(_ route: RouteMatch, _ index: Int, _ request: Request) -> [Int]? {
        let host = request.field(.init("Host")!) ?? ""
        let hostRank = route.hosts.isEmpty ? 0 : route.hosts.compactMap { rank($0.description, host) }.max()
        let path = String(route.path.description.replacing("*", with: ""))
        let isUnder = route.path.isPrefix && (request.path + "/").hasPrefix(path)
        guard let hostRank, isUnder || request.path == path else { return nil }
        guard route.methods.isEmpty || route.methods.contains(request.method.rawValue) else { return nil }
        let hasHeaders = route.headers.allSatisfy { match in
            guard let value = request.field(.init(match.name)!) else { return false }
            return match.value == nil || match.value == value
        }
        let hasQuery = route.query.allSatisfy { match in
            guard let value = request.query[match.name] else { return false }
            return match.value == nil || match.value == value
        }
        guard hasHeaders, hasQuery else { return nil }
        return [
            hostRank, route.path.isPrefix ? 0 : 1, path.count, route.methods.isEmpty ? 0 : 1, route.headers.count,
            route.query.count, -index,
        ]
    }

    private static func rank(_ pattern: String, _ host: String) -> Int? {
        if pattern == host { return 1_000 }
        guard pattern.hasPrefix("*"), host.hasSuffix(pattern.dropFirst()) else { return nil }
        return pattern.count
    }
}
