import Foundation
import Testing

@testable import Gateway

@Suite struct RouteInspectorTests {
    private static func inspector(_ routes: String) throws -> RouteInspector {
        let yaml = """
            upstreams: { one: { url: "http://one" }, two: { url: "http://two" } }
            rate_limits: { all: { key: address, quota: 10, window: 1m, default: true } }
            routes:
            \(routes)
            """
        return RouteInspector(try GatewayConfiguration(parsing: yaml, environment: [:]))
    }

    private static let routes = """
          - { name: everything, path: /*, upstream: one, auth: public }
          - { name: shop, path: /shop/*, upstream: one, auth: public, strip_prefix: /shop, body_limit: 1KiB }
          - { name: item, path: "/shop/{id}", methods: [GET], upstream: one, auth: public, rewrite: { path: "/i/{id}" } }
          - { name: canary, path: "/shop/{id}", methods: [GET], headers: { X-Canary: always }, upstream: two, auth: public }
          - { name: buy, path: "/shop/{id}", methods: [POST], upstream: one, auth: public }
          - { name: hosted, path: /shop/*, hosts: [shop.example], upstream: two, auth: public }
        """

    @Test func theWinnerAndEveryLoserAreExplained() throws {
        let explanation = try Self.inspector(Self.routes).explain(method: "GET", url: "/shop/7?a=b")
        #expect(explanation.isFound)
        #expect(
            explanation.description == """
                item (routes[2]) answers
                  path      /shop/{id}
                  upstream  one
                  target    /i/7?a=b
                  auth      public
                  limits    all
                  body      at most 1048576 bytes

                Routes for this host and path, in the order of their precedence:
                  1. canary: no, the request has no X-Canary=always
                     GET /shop/{id} X-Canary=always
                  2. item: answers
                     GET /shop/{id}
                  3. buy: no, another method: it answers POST
                     POST /shop/{id}
                  4. shop: no, a prefix, and another route has the whole path
                     any method /shop/*
                  5. everything: no, a prefix, and another route has the whole path
                     any method /*
                """)
    }

    @Test func hostsAndHeadersCount() throws {
        let inspector = try Self.inspector(Self.routes)
        let hosted = try inspector.explain(method: "GET", url: "https://shop.example:8443/shop/7#x")
        #expect(hosted.description.hasPrefix("hosted (routes[5]) answers"))
        #expect(hosted.description.contains("canary: no, the request has no"))
        #expect(hosted.description.contains("item: no, a less specific host"))
        let canary = try inspector.explain(method: "HEAD", url: "/shop/7", headers: ["x-canary: always"])
        #expect(canary.description.hasPrefix("canary (routes[3]) answers"))
        #expect(canary.description.contains("item: no, it asks for fewer headers"))
    }

    @Test func whatHasNoRouteIsSaid() throws {
        let inspector = try Self.inspector("  - { name: a, path: /a, methods: [GET], upstream: one, auth: public }")
        let missing = try inspector.explain(method: "GET", url: "/b")
        #expect(!missing.isFound)
        #expect(missing.description == "404 not_found: no route is for this request")
        let method = try inspector.explain(method: "PUT", url: "/a")
        #expect(!method.isFound)
        #expect(method.description.hasPrefix("405 method_not_allowed, Allow: GET, HEAD\n"))
    }

    @Test(
        arguments: [
            ("GET", "ftp://a/", []), ("GET", "a", []), ("G T", "/", []), ("GET", "/a b", []), ("GET", "/%zz", []),
            ("GET", "/", ["nocolon"]), ("GET", "/", [": x"]), ("CONNECT", "/", []),
        ] as [(String, String, [String])])
    func questionsThatNoClientCouldAskAreRefused(method: String, url: String, headers: [String]) throws {
        let inspector = try Self.inspector(Self.routes)
        #expect(throws: RouteInspector.Malformed.self) {
            try inspector.explain(method: method, url: url, headers: headers)
        }
    }

    @Test func redirectsSplitsAndAggregatesAreExplained() throws {
        let inspector = try RouteInspector(file: nil, environment: [:])
        let overview = try inspector.explain(method: "GET", url: "/api/v1/overview")
        #expect(overview.description.hasPrefix("overview (an aggregate) answers"))
        let routes = """
              - { name: old, path: /old, auth: public, redirect: { path: /new } }
              - name: both
                path: /both
                auth: public
                split: [{ upstream: one, weight: 9 }, { upstream: two, weight: 1 }]
            """
        let others = try Self.inspector(routes)
        #expect(try others.explain(method: "GET", url: "/old?x").description.contains("redirect  302 /new?x"))
        #expect(try others.explain(method: "GET", url: "/both").description.contains("split     one 9, two 1"))
    }

    // MARK: - The table

    @Test func theTableHasAllRoutes() throws {
        let text = try Self.inspector(Self.routes).table(.text)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines[0].hasPrefix("ROUTE       REQUEST"))
        #expect(lines[6].hasPrefix("hosted      * shop.example/shop/*"))
    }

    /// The page of the documentation is what the configuration says. `UPDATE_EMBEDDED=1` writes it anew.
    @Test func theDocumentedRoutesAreTheConfiguredOnes() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/gateway/routes.md")
        let table = try RouteInspector(file: nil, environment: [:]).table(.markdown)
        if ProcessInfo.processInfo.environment["UPDATE_EMBEDDED"] == "1" {
            try table.write(to: page, atomically: true, encoding: .utf8)
        }
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text == table, "run: UPDATE_EMBEDDED=1 swift test --filter RouteInspectorTests")
    }
}
