import Testing

@testable import Gateway

@Suite struct RouteTreeTests {
    private static let patterns = [
        "GET /", "GET /api/v1/users/me", "PATCH /api/v1/users/me", "GET /api/v1/users/{id}", "POST /api/v1/users",
        "GET /api/v1/{kind}/me", "* /api/*", "GET /api/v1/*", "GET /api/v1/accounts/{id}/entries", "DELETE /files/*",
    ]

    private static func tree(_ patterns: [String]) throws -> RouteMatcher {
        try RouteMatcher(patterns.map { try RouteMatch(line: $0) })
    }

    private static func match(_ request: String, in tree: RouteMatcher) throws -> RouteMatcher.Match {
        tree.match(try .line(request))
    }

    @Test(arguments: [
        ("GET /", "GET /"),
        ("GET /api/v1/users/me", "GET /api/v1/users/me"),
        ("HEAD /api/v1/users/me", "GET /api/v1/users/me"),
        ("PATCH /api/v1/users/me", "PATCH /api/v1/users/me"),
        // The exact path does not have the method: the longest prefix that has it answers.
        ("DELETE /api/v1/users/me", "* /api/*"),
        ("GET /api/v1/users/x", "GET /api/v1/users/{id}"),
        ("GET /api/v1/accounts/me", "GET /api/v1/{kind}/me"),
        ("GET /api/v1/accounts/1/entries", "GET /api/v1/accounts/{id}/entries"),
        ("GET /api/v1/accounts/1/other", "GET /api/v1/*"),
        ("POST /api/v1/accounts/1/other", "* /api/*"),
        ("GET /api/v1", "GET /api/v1/*"),
        ("GET /api/v1/", "GET /api/v1/*"),
        ("GET /api/v1/users/", "GET /api/v1/*"),
        ("GET /api", "* /api/*"),
        ("GET /api/v2", "* /api/*"),
        ("DELETE /files/a/b", "DELETE /files/*"),
    ])
    func theMostSpecificRouteWins(request: String, expected: String) throws {
        let index = try #require(Self.patterns.firstIndex(of: expected))
        #expect(try Self.match(request, in: try Self.tree(Self.patterns)) == .route(index))
    }

    @Test(arguments: ["GET /apix", "GET /ap", "GET //", "GET /other", "GET /api%2Fv1", "OPTIONS *", "GET /Api/v1"])
    func otherPathsAreNotFound(request: String) throws {
        #expect(try Self.match(request, in: try Self.tree(Self.patterns)) == .notFound)
    }

    @Test func aKnownPathWithAnotherMethodSaysWhichAreAllowed() throws {
        let tree = try Self.tree(["GET /a", "PUT /a", "POST /{any}", "GET /b", "PATCH /other/*"])
        #expect(try Self.match("DELETE /a", in: tree) == .methodNotAllowed(["GET", "HEAD", "POST", "PUT"]))
        #expect(try Self.match("get /a", in: tree) == .methodNotAllowed(["GET", "HEAD", "POST", "PUT"]))
    }

    @Test func theOrderOfTheFileDecidesLast() throws {
        let tree = try Self.tree(["GET /a/{x}", "* /a/{y}"])
        #expect(try Self.match("GET /a/1", in: tree) == .route(0))
        #expect(try Self.match("PUT /a/1", in: tree) == .route(1))
    }

    /// The tree against the plain rule: of all patterns that match, the one with the best rank.
    @Test func theTreeAgreesWithAScanOfAllPatterns() throws {
        var random = TestSeed.generator()
        for _ in 0..<300 {
            var patterns: [String] = []
            var shapes: Set<String> = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let pattern = Self.randomPattern(&random)
                if shapes.insert(pattern).inserted { patterns.append("GET \(pattern)") }
            }
            let tree = try Self.tree(patterns)
            for _ in 0..<20 {
                let path =
                    "/"
                    + (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        ["a", "b", "c"].randomElement(using: &random) ?? "a"
                    }.joined(separator: "/")
                let expected = Self.scan(path, patterns)
                #expect(try Self.match("GET \(path)", in: tree) == expected, "\(path) in \(patterns)")
            }
        }
    }

    private static func randomPattern(_ random: inout some RandomNumberGenerator) -> String {
        var parts = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            ["a", "b", "{p}"].randomElement(using: &random) ?? "a"
        }
        if Int.random(in: 0..<4, using: &random) == 0 { parts.append("*") }
        return "/" + parts.joined(separator: "/")
    }

    private static func scan(_ path: String, _ patterns: [String]) -> RouteMatcher.Match {
        let segments = path == "/" ? [] : path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var best: (rank: [Int], index: Int)?
        for (index, line) in patterns.enumerated() {
            guard let pattern = try? PathPattern(String(line.dropFirst(4))) else { continue }
            guard let rank = rank(pattern, segments.map { Array($0.utf8) }) else { continue }
            if best.map({ $0.rank.lexicographicallyPrecedes(rank) }) ?? true { best = (rank, index) }
        }
        return best.map { .route($0.index) } ?? .notFound
    }

    /// Complete before prefix, then literal before parameter from the left, then longer before shorter.
    private static func rank(_ pattern: PathPattern, _ segments: [[UInt8]]) -> [Int]? {
        guard pattern.isPrefix ? segments.count >= pattern.segments.count : segments.count == pattern.segments.count
        else { return nil }
        var rank = [pattern.isPrefix ? 0 : 1]
        for (part, segment) in zip(pattern.segments, segments) {
            switch part {
            case .literal(let bytes):
                if bytes != segment { return nil }
                rank.append(2)
            case .parameter: rank.append(1)
            }
        }
        return rank
    }
}
