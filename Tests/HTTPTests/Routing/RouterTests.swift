import HTTPTypes
import Testing

@testable import HTTP

@Suite struct RouterTests {
    /// Answers with the template, the parameters and whoever wrapped the handler.
    private static let tell: Handler = { request in
        let values = request.parameters.values.joined(separator: ",")
        return .text("\(request.route ?? "none") [\(values)]")
    }

    /// Puts its name in front of what the handler answers, and notes errors that pass through.
    private struct Tag: Middleware {
        let name: String
        func handle(_ request: Request, next: Handler) async throws -> Response {
            do {
                let response = try await next(request)
                return .text(name + "(" + (await response.text) + ")", status: response.status)
            } catch let problem as Problem {
                throw Problem(problem.status, name + "_" + problem.code, fields: problem.fields)
            }
        }
    }

    private static let router: Router = {
        var router = Router()
        router.get("/", tell)
        router.get("/v1/accounts", tell)
        router.post("/v1/accounts", bodyLimit: 10, tell)
        router.get("/v1/accounts/{id}", tell)
        router.get("/v1/accounts/mine", tell)
        router.get("/v1/accounts/{id}/entries", tell)
        router.get("/v1/{kind}/mine/{item}", tell)
        router.delete("/v1/sessions/current", tell)
        router.on(HTTPRequest.Method("PURGE")!, "/v1/cache", tell)
        router.on(.options, "/v1/own-options", tell)
        return router
    }()

    private func answer(
        _ method: HTTPRequest.Method = .get, _ target: String, body: [UInt8] = [], of router: Router = Self.router
    ) async throws -> Response {
        try await router.handler(Request(method: method, target: target, body: body))
    }

    @Test(arguments: [
        ("/", "/ []"), ("/v1/accounts", "/v1/accounts []"), ("/v1/accounts?x=/v1/y", "/v1/accounts []"),
        ("/v1/accounts/acct_1", "/v1/accounts/{id} [acct_1]"), ("/v1/accounts/mine", "/v1/accounts/mine []"),
        ("/v1/accounts/mine/entries", "/v1/accounts/{id}/entries [mine]"),
        ("/v1/accounts/mine/x", "/v1/{kind}/mine/{item} [accounts,x]"),
        ("/v1/accounts/a%20b", "/v1/accounts/{id} [a b]"),
        ("/v1/accounts/a%2Fentries", "/v1/accounts/{id} [a%2Fentries]"),
        ("/v1/%61ccounts", "/v1/accounts []"), ("/v1/x/../accounts", "/v1/accounts []"),
        ("/v1/accounts/%2e%2e/accounts/7/entries", "/v1/accounts/{id}/entries [7]"),
        ("/v1/accounts/7;x=y", "/v1/accounts/{id} [7;x=y]"), ("http://localhost/v1/accounts", "/v1/accounts []"),
    ])
    func finds(_ target: String, _ expected: String) async throws {
        #expect(await (try answer(.get, target)).text == expected)
    }

    @Test(arguments: [
        "/v1", "/v1/", "/v1/accounts/", "//v1/accounts", "/v1//accounts", "/v1/accounts//entries", "/V1/accounts",
        "/v1/accounts;x", "/v1/accounts%2F7", "/v1/accounts/7/entries/", "/v1/accounts/7/entries/8/9", "/%7Bid%7D",
        "/v1/accounts%3Fx",
    ])
    func findsNothing(_ target: String) async throws {
        let problem = await #expect(throws: Problem.self) { try await answer(.get, target) }
        #expect(problem == .notFound)
    }

    @Test(arguments: [
        (HTTPRequest.Method.put, "/v1/accounts", "GET, POST, HEAD, OPTIONS"),
        (.get, "/v1/sessions/current", "DELETE, OPTIONS"),
        (.head, "/v1/sessions/current", "DELETE, OPTIONS"), (.put, "/v1/accounts/7", "GET, HEAD, OPTIONS"),
        (.get, "/v1/cache", "PURGE, OPTIONS"),
    ])
    func tellsWhatIsAllowed(_ method: HTTPRequest.Method, _ target: String, _ allow: String) async throws {
        let problem = await #expect(throws: Problem.self) { try await answer(method, target) }
        #expect(problem == .methodNotAllowed(allow: allow))
    }

    @Test func answersOptionsAndHead() async throws {
        let options = try await answer(.options, "/v1/accounts")
        #expect(options.status == .noContent)
        #expect(options.fields[.allow] == "GET, POST, HEAD, OPTIONS")
        #expect(try await answer(.options, "*").status == .noContent)
        #expect(await (try answer(.options, "/v1/own-options")).text == "/v1/own-options []")
        #expect(await (try answer(.head, "/v1/accounts/7")).text == "/v1/accounts/{id} [7]")
        #expect(await (try answer(HTTPRequest.Method("PURGE")!, "/v1/cache")).text == "/v1/cache []")
    }

    @Test func refusesABodyOverTheRoutesLimit() async throws {
        #expect(try await answer(.post, "/v1/accounts", body: Array(repeating: 1, count: 10)).status == .ok)
        let problem = await #expect(throws: Problem.self) {
            try await answer(.post, "/v1/accounts", body: Array(repeating: 1, count: 11))
        }
        #expect(problem == .bodyTooLarge(limit: 10))
    }

    @Test func limitsABodyOfUnknownLengthWhileItIsRead() async throws {
        var router = Router()
        router.post("/", bodyLimit: 10) { .text(String(try await $0.body.collect().count)) }
        for (pieces, expected) in [([4, 6], "10"), ([4, 7], nil), ([11], nil)] {
            var request = try Request(method: .post, target: "/")
            request.body = RequestBody(PieceBody(pieces))
            if let expected {
                #expect(await (try router.handler(request)).text == expected)
            } else {
                let problem = await #expect(throws: Problem.self) { try await router.handler(request) }
                #expect(problem == .bodyTooLarge(limit: 10))
            }
        }
    }

    @Test func middlewareWrapsWhatComesAfterIt() async throws {
        var router = Router()
        router.get("/before", Self.tell)
        router.use(Tag(name: "a"))
        router.use(Tag(name: "b"))
        router.get("/after", Self.tell)
        #expect(await (try answer(.get, "/before", of: router)).text == "/before []")
        #expect(await (try answer(.get, "/after", of: router)).text == "a(b(/after []))")
        let missing = await #expect(throws: Problem.self) { try await answer(.get, "/no", of: router) }
        #expect(missing?.code == "a_b_not_found")
        let refused = await #expect(throws: Problem.self) { try await answer(.put, "/after", of: router) }
        #expect(refused?.fields[.allow] == "GET, HEAD, OPTIONS")
    }

    @Test func reportsRoutesAndTemplate() async throws {
        #expect(Self.router.routes.count == 10)
        #expect(Self.router.routes[2] == RouteDescription(method: .post, template: "/v1/accounts"))
        let request = try Request(target: "/v1/accounts/7")
        _ = try await Self.router.handler(request)
        #expect(request.context.route == "/v1/accounts/{id}")
    }

    @Test func parametersAreTyped() async throws {
        var router = Router()
        router.get("/{n}") { request in .text(String(try request.parameters.require("n", as: Int64.self) + 1)) }
        router.get("/x/{n}") { request in .text(try request.parameters.require("other")) }
        #expect(await (try answer(.get, "/41", of: router)).text == "42")
        for target in ["/4x", "/x/1"] {
            let problem = await #expect(throws: Problem.self) { try await answer(.get, target, of: router) }
            #expect(problem == .notFound)
        }
    }
}

/// A body of unknown length that comes in pieces of these sizes.
final class PieceBody: RequestBodySource, @unchecked Sendable {
    private var pieces: [[UInt8]]
    let knownLength: Int? = nil
    var limit = Int.max
    var trailers: HTTPFields { [:] }

    convenience init(_ sizes: [Int]) { self.init(sizes.map { Array(repeating: UInt8(ascii: "x"), count: $0) }) }
    init(_ pieces: [[UInt8]]) { self.pieces = pieces }

    func next() async throws -> [UInt8]? { pieces.isEmpty ? nil : pieces.removeFirst() }
}

/// Keeps what a streamed body writes.
final class MemorySink: ResponseBodySink, @unchecked Sendable {
    private(set) var writes: [[UInt8]] = []
    private(set) var flushes = 0
    private(set) var trailers: HTTPFields = [:]
    var bytes: [UInt8] { Array(writes.joined()) }

    func write(_ bytes: [UInt8]) async throws { writes.append(bytes) }
    func flush() async throws { flushes += 1 }
    func setTrailers(_ fields: HTTPFields) { trailers = fields }
}

extension Response {
    /// The whole body.
    var bytes: [UInt8] {
        get async {
            switch body {
            case .empty, .tunnel: return []
            case .bytes(let bytes): return bytes
            case .stream(_, let write):
                let sink = MemorySink()
                try? await write(BodyWriter(sink))
                return sink.bytes
            }
        }
    }
    var text: String { get async { String(decoding: await bytes, as: UTF8.self) } }
}
