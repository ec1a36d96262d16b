import HTTP
import HTTPTypes
import Sockets
import TestSupport
import Testing

/// A server in this process answers as it does over a socket.
@Suite struct InProcessParityTests {
    /// What a caller can see of an answer, but for what differs each time.
    private struct Seen: Equatable {
        var status: Int?
        var fields: [String] = []
        var length: Int?
        var body = ""
        var trailers: [String] = []
        var error: String?
    }

    private static func see(_ request: ClientRequest, _ client: HTTPClient) async -> Seen {
        var seen = Seen()
        do throws(HTTPClientError) {
            let answer = try await client.execute(request)
            seen.status = answer.status.code
            seen.fields = answer.fields.filter { $0.name != .date && $0.name.canonicalName != "connection" }
                .map { "\($0.name.canonicalName): \($0.value)" }.sorted()
            seen.length = answer.body.knownLength
            seen.body = String(decoding: try await answer.body.collect(), as: UTF8.self)
            seen.trailers = answer.body.trailers.map { "\($0.name.canonicalName): \($0.value)" }
        } catch {
            seen.error = error.code
        }
        return seen
    }

    private static func both(
        _ fixture: InProcessFixture, _ method: HTTPRequest.Method, _ target: String, _ fields: HTTPFields,
        body: () -> ClientRequestBody
    ) async -> (inside: Seen, outside: Seen) {
        var fields = fields
        // The id is in the answers.
        fields[HTTPField.Name("X-Request-Id")!] = "same"
        fields[HTTPField.Name("traceparent")!] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
        var inside = ClientRequest(
            method: method, endpoint: fixture.inside, target: .text(target), fields: fields, body: body())
        inside.timeout = .seconds(60)
        var outside = inside
        outside.endpoint = fixture.outside
        outside.body = body()
        return (await see(inside, fixture.client), await see(outside, fixture.client))
    }

    @Test(arguments: [
        "/fixed", "/nothing", "/problem", "/error", "/stream", "/sized", "/short", "/long", "/failing", "/big",
        "/unknown", "/fixed?a=%20b", "/early", "/abandoned",
    ])
    func answersAlike(target: String) async throws {
        try await withInProcessServer { (fixture) async throws in
            for method in [HTTPRequest.Method.get, .head, .options] {
                let (inside, outside) = await Self.both(fixture, method, target, [:]) { .empty }
                #expect(inside == outside, "\(method) \(target)")
            }
            // What the observer of the server is told is the same too.
            try await eventually("all exchanges are logged") { fixture.log.all.count == 6 }
            for index in stride(from: 0, to: 6, by: 2) { #expect(fixture.log.all[index] == fixture.log.all[index + 1]) }
        }
    }

    @Test(arguments: ["/echo", "/count", "/early", "/unknown"], [0, 1, 70_000, 1_048_576, 1_048_577])
    func takesBodiesAlike(target: String, size: Int) async throws {
        let bytes = [UInt8](repeating: 0x61, count: size)
        let bodies: [(String, () -> ClientRequestBody)] = [
            ("bytes", { .bytes(bytes) }),
            ("sized", { .stream(RequestBody(CountedBody(pieces: 1, of: size, isSized: true))) }),
            ("chunked", { .stream(RequestBody(CountedBody(pieces: size == 0 ? 0 : 1, of: size))) }),
        ]
        try await withInProcessServer { (fixture) async throws in
            for (name, body) in bodies {
                let (inside, outside) = await Self.both(fixture, .post, target, [:], body: body)
                #expect(inside == outside, "\(name) of \(size) to \(target)")
            }
        }
    }

    @Test(arguments: [
        HTTPFields([HTTPField(name: HTTPField.Name("X-Long")!, value: String(repeating: "a", count: 40_000))]),
        HTTPFields((0..<120).map { HTTPField(name: HTTPField.Name("X-\($0)")!, value: "1") }),
    ])
    func refusesLargeHeadsAlike(fields: HTTPFields) async throws {
        try await withInProcessServer { (fixture) async throws in
            let (inside, outside) = await Self.both(fixture, .get, "/fixed", fields) { .empty }
            #expect(inside.status == 431)
            #expect(inside.status == outside.status)
            #expect(inside.body.contains("header_fields_too_large"))
        }
    }

    /// A head that cannot be read has no id yet, so what is alike is what is said about it.
    @Test func refusesMalformedTargetsAlike() async throws {
        try await withInProcessServer { (fixture) async throws in
            let (inside, outside) = await Self.both(fixture, .get, "/%zz", [:]) { .empty }
            #expect(inside.status == 400)
            #expect(outside.status == 400)
            #expect(inside.body.contains("\"code\":\"malformed_request\""))
            try await eventually("both are logged") { fixture.log.all.count == 2 }
            #expect(fixture.log.all[0] == fixture.log.all[1])
        }
    }

    /// The head that a handler sees is the one that would have crossed a socket.
    @Test func handsTheSameHeadOver() async throws {
        let handler: Handler = { request in
            var text = "\(request.method) \(request.target) \(request.context.id)\n"
            request.head.forEachField { name, value in
                text += "\(String(decoding: name, as: UTF8.self)): \(String(decoding: value, as: UTF8.self))\n"
            }
            return .text(text)
        }
        try await withInProcessServer(handler: handler) { (fixture) async throws in
            let fields: HTTPFields = [
                .accept: "*/*", .connection: "close", .contentLength: "7", .transferEncoding: "chunked",
            ]
            let (inside, outside) = await Self.both(fixture, .put, "/a/../b?c", fields) { .bytes(Array("body".utf8)) }
            let differing = outside.body.replacing(":\(fixture.outside.port)", with: ":1")
            #expect(inside.body == differing)
            #expect(inside.body.contains("content-length: 4") || inside.body.contains("Content-Length: 4"))
        }
    }
}
