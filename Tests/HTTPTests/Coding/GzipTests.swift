import HTTPTypes
import TestSupport
import Testing

@testable import HTTP

@Suite struct GzipResponseTests {
    private static let text = String(repeating: "tollgate ", count: 1000)

    /// What the middleware makes of `response` for a client that sends `accept`.
    private func answer(
        _ response: Response, accept: String? = "gzip", method: HTTPRequest.Method = .get
    ) async throws -> Response {
        var fields = HTTPFields()
        fields[.acceptEncoding] = accept
        let request = try Request(method: method, target: "/", fields: fields)
        return try await GzipResponses().handle(request) { _ in response }
    }

    private func json(_ bytes: [UInt8] = Array(text.utf8), _ fields: HTTPFields = [:]) -> Response {
        .json(bytes, fields: fields)
    }

    private func gunzipped(_ bytes: [UInt8]) async throws -> [UInt8] {
        try await RequestBody(GunzippedBody(MemoryBody(bytes), ratio: 2000)).collect()
    }

    @Test func compressesWhatIsLongEnough() async throws {
        let response = try await answer(json(Array(Self.text.utf8), [.eTag: "\"1\"", .vary: "Origin"]))
        #expect(response.fields[.contentEncoding] == "gzip")
        #expect(response.fields[.vary] == "Origin, Accept-Encoding")
        #expect(response.fields[.eTag] == "W/\"1\"")
        let bytes = await response.bytes
        #expect(bytes.count < 200)
        #expect(response.body.knownLength == bytes.count)
        #expect(try await gunzipped(bytes) == Array(Self.text.utf8))
    }

    @Test(
        arguments: [
            ("gzip", true), ("GZIP", true), ("x-gzip", true), ("*", true), ("deflate, gzip;q=0.5", true),
            ("gzip;q=1.000", true),
            ("br, *;q=0.1", true), ("identity;q=0.5, gzip", true), (nil, false), ("", false), ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false), ("*;q=0", false), ("gzip;q=0, *", false), ("identity, gzip;q=0.5", false),
            ("gzip;q=2", false), ("gzip;q=x", false), ("gzipped", false),
        ] as [(String?, Bool)])
    func followsAcceptEncoding(_ accept: String?, _ isCompressed: Bool) async throws {
        let response = try await answer(json(), accept: accept)
        #expect((response.fields[.contentEncoding] == "gzip") == isCompressed)
        #expect(response.fields[.vary] == "Accept-Encoding")
    }

    @Test func leavesTheRestAlone() async throws {
        let short = Array(repeating: UInt8(ascii: "a"), count: 1023)
        var partial = json()
        partial.status = .partialContent
        let untouched = [
            json(short), partial, .empty(), Response(fields: [.contentType: "image/png"], body: .bytes(short + short)),
            json(short + short, [.contentEncoding: "br"]), json(short + short, [.cacheControl: "public, no-transform"]),
            Response(body: .bytes(short + short)), .eventStream { _ in },
        ]
        for response in untouched {
            let answer = try await answer(response)
            #expect(answer.fields == response.fields)
            #expect(await answer.bytes == (await response.bytes))
        }
        let head = try await answer(json(), method: .head)
        #expect(head.fields[.contentEncoding] == nil && head.fields[.vary] == "Accept-Encoding")
        #expect(try await answer(json(short + [1])).fields[.contentEncoding] == "gzip")
    }

    @Test(arguments: [nil, 9000]) func compressesStreams(_ length: Int?) async throws {
        let stream = Response(
            fields: [.contentType: "text/plain; charset=utf-8"],
            body: .stream(length: length) { writer in
                for _ in 0..<1000 { try await writer.write("tollgate ") }
                writer.setTrailers([.eTag: "x"])
            })
        let response = try await answer(stream)
        #expect(response.body.knownLength == nil)
        #expect(try await gunzipped(await response.bytes) == Array(Self.text.utf8))
    }

    @Test func flushingAStreamSendsWhatWasWritten() async throws {
        let sink = MemorySink()
        let gzip = try GzipSink(sink, Deflater())
        try await gzip.write(Array("first".utf8))
        try await gzip.flush()
        #expect(sink.flushes == 1)
        var input = sink.bytes[...]
        var output: [UInt8] = []
        _ = try Inflater().inflate(&input, into: &output, most: 100)
        #expect(output == Array("first".utf8))
    }

    /// Who waits for an echo gets it, though the stream is not over.
    @Test func aRelayedStreamGoesOutPieceByPiece() async throws {
        let sink = MemorySink()
        var response = Response(
            fields: [.contentType: "text/plain"],
            body: .stream(length: nil) { writer in
                try await writer.write("first")
                var input = sink.bytes[...]
                var output: [UInt8] = []
                _ = try Inflater().inflate(&input, into: &output, most: 100)
                #expect(output == Array("first".utf8))
            })
        let request = try Request(method: .get, target: "/", fields: [.acceptEncoding: "gzip"])
        #expect(try Compression(flushesPieces: true).apply(to: &response, for: request))
        guard case .stream(nil, let write) = response.body else {
            Issue.record("a stream became something else")
            return
        }
        try await write(BodyWriter(sink))
        #expect(try await gunzipped(sink.bytes) == Array("first".utf8))
    }

    @Test func aNotModifiedAnswerNamesTheFormThatTheClientHolds() async throws {
        for (held, told) in [("W/\"1\"", "W/\"1\""), ("\"1\"", "\"1\""), ("\"0\", W/\"1\"", "W/\"1\"")] {
            var response = Response.empty(.notModified, fields: [.eTag: "\"1\""])
            let request = try Request(
                method: .get, target: "/", fields: [.acceptEncoding: "gzip", .ifNoneMatch: held])
            #expect(try !Compression().apply(to: &response, for: request))
            #expect(response.fields[.eTag] == told)
            #expect(response.fields[.vary] == "Accept-Encoding")
        }
    }

    @Test func largeBodiesAreCompressedPieceByPiece() async throws {
        var random = SeededGenerator.announced()
        let bytes = random.bytes(300_000)
        let response = try await answer(json(bytes))
        #expect(response.body.knownLength == nil)
        #expect(try await gunzipped(await response.bytes) == bytes)
    }

    @Test func forwardedFieldsAreReplaced() async throws {
        let head = ResponseHead()
        var parser = HeadParser()
        let lines = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"1\"\r\nVary: Cookie\r\nServer: x\r\n\r\n"
        _ = Array(lines.utf8).withUnsafeBytes { parser.parse($0, into: head, answersHead: false) }
        let response = try await answer(
            Response(body: .bytes(Array(Self.text.utf8)), forwarded: ForwardedFields(head)))
        #expect(response.fields[.contentEncoding] == "gzip")
        #expect(response.fields[.eTag] == "W/\"1\"")
        #expect(response.fields[.vary] == "Cookie, Accept-Encoding")
        #expect(response.forwarded?.removed == ["vary", "etag"])
    }
}

@Suite struct GzipRequestTests {
    private func gzipped(_ bytes: [UInt8]) throws -> [UInt8] { try Deflater(level: 9).compress(bytes, .finish) }

    /// What a handler reads from a body of these pieces, sent with this coding.
    private func read(
        _ pieces: [[UInt8]], coding: String = "gzip", limit: Int = 1 << 20, ratio: Int = 100
    ) async throws -> [UInt8] {
        var request = try Request(method: .post, target: "/", fields: [.contentEncoding: coding])
        let source = PieceBody(pieces)
        source.limit = limit
        request.body = RequestBody(source)
        let response = try await GzipRequests(ratio: ratio).handle(request) { request in
            Response(body: .bytes(try await request.body.collect()))
        }
        return await response.bytes
    }

    private func refusal(_ read: @autoclosure () async throws -> [UInt8]) async -> Problem? {
        await #expect(throws: Problem.self) { try await read() }
    }

    @Test(arguments: ["gzip", "GZIP", "x-gzip"]) func decodes(_ coding: String) async throws {
        let text = Array("a body that was compressed".utf8)
        #expect(try await read([gzipped(text)], coding: coding) == text)
    }

    @Test func decodesByteByByte() async throws {
        var random = SeededGenerator.announced()
        let bytes = random.bytes(2000)
        #expect(try await read(try gzipped(bytes).map { [$0] }) == bytes)
    }

    @Test func decodesWhatIsLong() async throws {
        var random = SeededGenerator.announced()
        let bytes = random.bytes(500_000)
        #expect(try await read([gzipped(bytes)]) == bytes)
    }

    @Test func identityPasses() async throws {
        #expect(try await read([[1, 2, 3]], coding: "identity") == [1, 2, 3])
    }

    @Test(arguments: ["br", "deflate", "gzip, gzip", "gzip, br", ""]) func otherCodingsAre415(_ coding: String)
        async throws
    {
        let problem = await refusal(try await read([[1]], coding: coding))
        #expect(problem?.status == .unsupportedMediaType)
        #expect(problem?.fields[.acceptEncoding] == "gzip")
    }

    @Test func whatIsNoGzipIs400() async throws {
        let good = try gzipped(Array("hello".utf8))
        var badSum = good
        badSum[good.count - 8] ^= 1
        var badMethod = good
        badMethod[2] = 7
        let bodies = [
            Array("hello".utf8), Array(good.dropLast()), Array(good.prefix(5)), good + good, good + [0], badSum,
            badMethod, [],
        ]
        for body in bodies {
            #expect(await refusal(try await read(body.isEmpty ? [] : [body])) == .malformedEncoding)
        }
    }

    @Test func aBombIsRefusedBeforeItIsLarge() async throws {
        let bomb = try gzipped(Array(repeating: 0, count: 50 << 20))
        #expect(bomb.count < 60 << 10)
        // Neither limit alone: first the size, with any ratio; then the ratio, with any size.
        #expect(await refusal(try await read([bomb], limit: 1 << 20, ratio: .max))?.status == .contentTooLarge)
        #expect(await refusal(try await read([bomb], limit: .max, ratio: 100))?.status == .contentTooLarge)
        #expect(try await read([gzipped(Array(repeating: 0, count: 60 << 10))]).count == 60 << 10)
    }
}
