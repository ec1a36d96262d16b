import Chassis
import HTTP
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

/// Aggregates through the gateway: who is asked for what when, and what the client sees of it.
@Suite struct AggregationTests {
    private static func yaml(_ parts: String, timeout: String = "10s") -> String {
        """
        upstreams:
          users: { url: "${USERS}", retries: { attempts: 0 } }
          payments: { url: "${PAYMENTS}", retries: { attempts: 0 } }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        routes: []
        aggregates:
          - name: home
            path: /home
            timeout: \(timeout)
            parts:
        \(parts.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
        """
    }

    private static let chained = """
        profile: { upstream: users, path: /me, required: true, pick: [id, account] }
        entries: { upstream: payments, path: "/accounts/{profile.account}/entries?limit=2", pick: /data/0 }
        limits: { upstream: payments, path: /limits, after: entries, merge: true }
        """

    private func answer(_ upstream: RecordingUpstream, _ answers: [String: Response]) {
        let keys = TestIssuer.keySet
        upstream.answer { received in
            if received.target == "/keys" { return .json(keys) }
            return answers[received.target] ?? .text("nothing here", status: .notFound)
        }
    }

    private static func json(_ text: String) -> Response { .json(Array(text.utf8), fields: [.eTag: "\"part\""]) }

    @Test func aPartIsAskedForWithAValueOfAnother() async throws {
        try await GatewayFixture.run(Self.yaml(Self.chained)) { gateway in
            answer(gateway.users, ["/me": Self.json(#"{"id":"u","account":"acct 1","secret":1}"#)])
            answer(
                gateway.payments,
                [
                    "/accounts/acct%201/entries?limit=2": Self.json(#"{"data":[{"n":1},{"n":2}]}"#),
                    "/limits": Self.json(#"{"daily":5}"#),
                ])
            let whole = try await gateway.send(.get, "/home", fields: [.ifNoneMatch: "\"part\""], token: gateway.token)
            #expect(whole.status == 200)
            #expect(
                whole.text == #"{"profile":{"id":"u","account":"acct 1"},"entries":{"n":1},"daily":5,"missing":[]}"#)
            #expect(whole.fields[.tollgateCompleteness] == "complete")
            #expect(gateway.payments.received.map(\.target) == ["/accounts/acct%201/entries?limit=2", "/limits"])
            let asked = gateway.payments.received + gateway.users.received
            #expect(asked.allSatisfy { $0.fields[.ifNoneMatch] == nil })
        }
    }

    @Test func whoWaitsForAMissingPartIsMissingToo() async throws {
        try await GatewayFixture.run(Self.yaml(Self.chained)) { gateway in
            answer(gateway.users, ["/me": Self.json(#"{"id":"u","account":"../../admin"}"#)])
            let partial = try await gateway.send(.get, "/home", token: gateway.token)
            #expect(partial.status == 200)
            #expect(
                partial.text
                    == #"{"profile":{"id":"u","account":"../../admin"},"entries":null,"missing":["entries","limits"]}"#)
            #expect(partial.fields[.tollgateCompleteness] == "partial")
            #expect(gateway.payments.received.isEmpty)
            #expect(
                gateway.observed.notes.last?.reason
                    == "entries: payments reference_unsafe profile; limits: payments part_skipped")
            let text = String(decoding: gateway.metrics.exposition(), as: UTF8.self)
            for (part, result) in [("profile", "arrived"), ("entries", "failed"), ("limits", "skipped")] {
                let line = "gateway_aggregate_parts_total{aggregate=\"home\",part=\"\(part)\",result=\"\(result)\"} 1"
                #expect(text.contains(line))
            }
        }
    }

    @Test func theTagOfTheDocumentIsRevalidated() async throws {
        try await GatewayFixture.run(Self.yaml(Self.chained)) { gateway in
            answer(gateway.users, ["/me": Self.json(#"{"id":"u","account":"a"}"#)])
            answer(
                gateway.payments,
                [
                    "/accounts/a/entries?limit=2": Self.json(#"{"data":[1]}"#),
                    "/limits": Self.json(#"{"daily":5}"#),
                ])
            let first = try await gateway.send(.get, "/home", token: gateway.token)
            let tag = try #require(first.fields[.eTag])
            #expect(tag != "\"part\"")
            let again = try await gateway.send(.get, "/home", fields: [.ifNoneMatch: tag], token: gateway.token)
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            #expect(again.fields[.eTag] == tag)
            answer(
                gateway.payments,
                [
                    "/accounts/a/entries?limit=2": Self.json(#"{"data":[1]}"#),
                    "/limits": Self.json(#"{"daily":6}"#),
                ])
            let changed = try await gateway.send(.get, "/home", fields: [.ifNoneMatch: tag], token: gateway.token)
            #expect(changed.status == 200)
            #expect(changed.text.contains("\"daily\":6"))
            let head = try await gateway.send(.head, "/home", token: gateway.token)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.fields[.eTag] == changed.fields[.eTag])
            #expect(head.fields[.contentLength] == String(changed.body.count))
        }
    }

    @Test func aRefusalOfTheRequiredPartIsToldAtOnce() async throws {
        let parts = """
            profile: { upstream: users, path: /me, required: true }
            slow: { upstream: payments, path: /slow }
            """
        try await GatewayFixture.run(Self.yaml(parts)) { gateway in
            gateway.payments.answer { _ in
                try await Task.sleep(for: .seconds(30))
                return .empty()
            }
            answer(gateway.users, ["/me": .text("<html>internal</html>", status: .forbidden)])
            let refused = try await gateway.send(.get, "/home", token: gateway.token)
            #expect(refused.status == 403)
            #expect(refused.text.contains("\"code\":\"part_refused\""))
            #expect(!refused.text.contains("internal"))
            answer(gateway.users, ["/me": .text("who are you", status: .unauthorized)])
            #expect(try await gateway.send(.get, "/home", token: gateway.token).status == 502)
        }
    }

    @Test func theWholeAnswerHasOneDeadline() async throws {
        let parts = """
            profile: { upstream: users, path: /me }
            entries: { upstream: payments, path: "/e/{profile.id}" }
            """
        try await GatewayFixture.run(Self.yaml(parts, timeout: "400ms")) { gateway in
            try await gateway.expect(200, .get, "/home", token: gateway.token)
            answer(gateway.users, ["/me": Self.json(#"{"id":"u"}"#)])
            gateway.payments.answer { _ in
                try await Task.sleep(for: .seconds(30))
                return .empty()
            }
            let partial = try await gateway.send(.get, "/home", token: gateway.token)
            #expect(partial.text == #"{"profile":{"id":"u"},"entries":null,"missing":["entries"]}"#)
        }
    }

    // MARK: - The file

    @Test(arguments: [
        (
            "a: { upstream: users, path: \"/{b.x}\" }\nb: { upstream: users, path: \"/{a.x}\" }",
            "wait for each other: a, b"
        ),
        ("a: { upstream: users, path: /a, after: a }", "these parts wait for each other: a"),
        ("a: { upstream: users, path: /a, after: bb }\nb: { upstream: users, path: /b }", "waits for the unknown part"),
        ("a: { upstream: users, path: \"/{b.x}\" }", "\"a\" waits for the unknown part \"b\""),
        (
            "a: { upstream: users, path: /a, as: b }\nb: { upstream: users, path: /b }",
            "the member \"b\" is that of part"
        ),
        ("missing: { upstream: users, path: /a }", "the member \"missing\" is that of part"),
        (
            "a: { upstream: users, path: /a, merge: true, pick: [b] }\nb: { upstream: users, path: /b }",
            "the member \"b\""
        ),
        ("a: { upstream: users, path: /a, merge: true, as: b }", "a merged part has no member of its own"),
        ("a: { upstream: users, path: /a, pick: /x~y }", "is no JSON pointer"),
        ("a: { upstream: users, path: /a, pick: [] }", "must name at least one member"),
        ("a: { upstream: users, path: /a/../b }", "must not have dot segments"),
        ("a: { upstream: users, path: /a, timeout: 11s }", "must be a time from 1ms to 10s"),
        ("a.b: { upstream: users, path: /a }", "a part's name may have letters, digits, - and _ only"),
    ])
    func mistakesAreFound(parts: String, expected: String) {
        let text = Self.yaml(parts).replacing("${USERS}", with: "http://u").replacing("${PAYMENTS}", with: "http://p")
        let errors = #expect(throws: ConfigurationErrors.self) {
            try GatewayConfiguration(parsing: text, environment: [:])
        }
        #expect(errors?.description.contains(expected) == true, "\(errors.map(String.init(describing:)) ?? "")")
    }

    @Test func whatARequiredPartWaitsForIsRequired() throws {
        let parts =
            "a: { upstream: users, path: /a, after: b, required: true }\nb: { upstream: users, path: /b, after: c }\n"
            + "c: { upstream: users, path: /c }\nd: { upstream: users, path: /d }"
        let text = Self.yaml(parts).replacing("${USERS}", with: "http://u").replacing("${PAYMENTS}", with: "http://p")
        let configuration = try GatewayConfiguration(parsing: text, environment: [:])
        #expect(configuration.aggregates[0].parts.map(\.isRequired) == [true, true, true, false])
    }
}
