import Chassis
import HTTP
import HTTPTypes
import Testing

@testable import Gateway

/// Compression and conditional requests through the gateway.
@Suite struct CompressionTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}", retries: { attempts: 0 } }
          payments: { url: "${PAYMENTS}", retries: { attempts: 0 } }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        compression: { minimum: 100 }
        routes:
          - { name: open, path: /open, upstream: payments, auth: public }
          - { name: mine, path: /mine, upstream: payments }
          - { name: asked, path: /asked, upstream: payments, compression: { types: [text/plain] } }
          - { name: never, path: /never, upstream: payments, auth: public, compression: none }
          - { name: document, path: /document, serve: openapi, auth: public }
        """

    private static let text = String(repeating: "tollgate ", count: 100)

    private func serve(_ upstream: RecordingUpstream, _ fields: HTTPFields, status: HTTPResponse.Status = .ok) {
        upstream.answer { received in
            if let held = received.fields[.ifNoneMatch], let tag = fields[.eTag],
                EntityTags.isNamed(tag, ifNoneMatch: held)
            {
                return .empty(.notModified, fields: [.eTag: tag])
            }
            return Response(status: status, fields: fields, body: .bytes(Array(Self.text.utf8)))
        }
    }

    private func get(
        _ gateway: GatewayFixture, _ target: String = "/open", _ fields: HTTPFields = [:], token: String? = nil,
        method: HTTPRequest.Method = .get
    ) async throws -> GatewayFixture.Answer {
        var fields = fields
        if fields[.acceptEncoding] == nil { fields[.acceptEncoding] = "br;q=0.5, gzip" }
        return try await gateway.send(method, target, fields: fields, token: token)
    }

    @Test func aPublicAnswerIsCompressedForThoseWhoTakeIt() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            serve(gateway.payments, [.contentType: "application/json", .eTag: "\"1\"", .vary: "Cookie"])
            let small = try await get(gateway)
            #expect(small.fields[.contentEncoding] == "gzip")
            #expect(small.fields[.eTag] == "W/\"1\"")
            #expect(small.fields[.vary] == "Cookie, Accept-Encoding")
            #expect(small.body.count < 100)
            #expect(small.fields[.contentLength] == String(small.body.count))
            let plain = try await get(gateway, "/open", [.acceptEncoding: "gzip;q=0, identity"])
            #expect(plain.text == Self.text)
            #expect(plain.fields[.eTag] == "\"1\"")
            #expect(plain.fields[.vary] == "Cookie, Accept-Encoding")
            let head = try await get(gateway, method: .head)
            #expect(head.body.isEmpty)
            #expect(head.fields[.eTag] == "W/\"1\"")
            let metrics = String(decoding: gateway.metrics.exposition(), as: UTF8.self)
            #expect(metrics.contains("gateway_compressed_responses_total 1"))
        }
    }

    @Test func anAnswerByCallerIsCompressedOnlyWhereThatIsWritten() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            serve(gateway.payments, [.contentType: "text/plain"])
            for (target, isCompressed) in [("/mine", false), ("/asked", true), ("/never", false)] {
                let answer = try await get(gateway, target, token: gateway.token)
                #expect((answer.fields[.contentEncoding] == "gzip") == isCompressed, "\(target)")
            }
            serve(gateway.payments, [.contentType: "application/json"])
            #expect(try await get(gateway, "/asked", token: gateway.token).text == Self.text)
        }
    }

    @Test(
        arguments: [
            [.contentType: "image/png"], [.contentType: "text/event-stream"],
            [.contentType: "text/plain", .contentEncoding: "br"],
            [.contentType: "text/plain", .cacheControl: "public, no-transform"],
            [.contentType: "text/plain", .contentRange: "bytes 0-899/900"], [:],
        ] as [HTTPFields])
    func someAnswersAreLeftAlone(fields: HTTPFields) async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            serve(gateway.payments, fields)
            let answer = try await get(gateway)
            #expect(answer.text == Self.text)
            #expect(answer.fields[.contentEncoding] == fields[.contentEncoding])
        }
    }

    /// A client holds the weak tag of the compressed form, the service knows the strong one.
    @Test func theWeakTagIsRevalidated() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            serve(gateway.payments, [.contentType: "text/plain", .eTag: "\"1\""])
            let tag = try #require(try await get(gateway).fields[.eTag])
            let same = try await get(gateway, "/open", [.ifNoneMatch: tag])
            #expect(same.status == 304)
            #expect(same.fields[.eTag] == "W/\"1\"")
            #expect(same.fields[.vary] == "Accept-Encoding")
            let strong = try await get(gateway, "/open", [.ifNoneMatch: "\"1\"", .acceptEncoding: "identity"])
            #expect(strong.status == 304)
            #expect(strong.fields[.eTag] == "\"1\"")
            serve(gateway.payments, [.contentType: "text/plain", .eTag: "\"2\""])
            let changed = try await get(gateway, "/open", [.ifNoneMatch: tag])
            #expect(changed.status == 200)
            #expect(changed.fields[.eTag] == "W/\"2\"")
            #expect(gateway.payments.received.map { $0.fields[.ifNoneMatch] } == [nil, "W/\"1\"", "\"1\"", "W/\"1\""])
        }
    }

    @Test func theGatewaysOwnDocumentHasATag() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let first = try await gateway.send(.get, "/document")
            let tag = try #require(first.fields[.eTag])
            #expect(try await gateway.send(.get, "/document", fields: [.ifNoneMatch: tag]).status == 304)
            let coded = try await get(gateway, "/document")
            #expect(coded.fields[.contentEncoding] == "gzip")
            #expect(coded.body.count < first.body.count / 4)
            let again = try await get(gateway, "/document", [.ifNoneMatch: try #require(coded.fields[.eTag])])
            #expect(again.status == 304)
        }
    }

    @Test(arguments: [
        ("{ minimum: 1MB }", "compression.minimum: must be a size"),
        ("{ types: [text/event-stream] }", "compression.types[0]: must be a type such as"),
        ("{ types: [json] }", "must be a type such as"), ("{ types: [\"*/*\"] }", "must be a type such as"),
        ("{ level: 9 }", "unknown key \"level\""),
    ])
    func mistakesAreFound(compression: String, expected: String) {
        let text = Self.yaml.replacing("{ minimum: 100 }", with: compression)
            .replacing("${USERS}", with: "http://u").replacing("${PAYMENTS}", with: "http://p")
        let errors = #expect(throws: ConfigurationErrors.self) {
            try GatewayConfiguration(parsing: text, environment: [:])
        }
        #expect(errors?.description.contains(expected) == true, "\(errors.map(String.init(describing:)) ?? "")")
    }
}
