import Chassis
import HTTP
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

/// Whatever the gateway itself answers with another status than 2xx has its reason in the access log: a stable word.
@Suite struct ReasonTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}", retries: { attempts: 0 } }
          payments: { url: "${PAYMENTS}", retries: { attempts: 0 } }
          gone: { url: "http://127.0.0.1:9", retries: { attempts: 0 }, waiting: { capacity: 0 } }
        authentication:
          issuer: tollgate
          audience: tollgate
          jwks: { upstream: users, path: /keys }
        projection: { upstream: users }
        rate_limits:
          tight: { key: address, quota: 1, window: 1h }
        routes:
          - { name: open, path: /open, upstream: payments, auth: public, body_limit: 10 }
          - { name: get, path: /get, methods: [GET], upstream: payments, auth: public }
          - { name: closed, path: /closed, upstream: payments }
          - { name: admin, path: /admin, upstream: payments, scopes: [admin] }
          - { name: operators, path: /operators, upstream: payments, roles: [operator] }
          - { name: keys, path: /keys-only, upstream: payments, auth: api_key }
          - { name: either, path: /either, upstream: payments, auth: [token, api_key] }
          - { name: old, path: /old, auth: public, redirect: { path: /new } }
          - { name: document, path: /document, serve: openapi, auth: public }
          - { name: limited, path: /limited, upstream: payments, auth: public, rate_limits: [tight] }
          - { name: gone, path: /gone, upstream: gone, auth: public }
        aggregates:
          - name: whole
            path: /whole
            auth: public
            parts: { one: { upstream: payments, path: /one, required: true } }
          - name: broken
            path: /broken
            auth: public
            parts: { one: { upstream: gone, path: /one, required: true } }
        """

    private static var impatient: HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration()
        configuration.headTimeout = .milliseconds(300)
        configuration.bodyGrace = .milliseconds(300)
        return configuration
    }

    /// One word, behind it an address where there is one; before it, of an aggregate, part and upstream.
    private static func isStable(_ reason: String) throws -> Bool {
        try reason.wholeMatch(of: Regex("([a-z_]+: [a-z_]+ )?[a-z][a-z0-9_]*( [0-9.:]+)?")) != nil
    }

    private struct Case {
        var text: String
        var status: Int
        var reason: String

        init(_ text: String, _ status: Int, _ reason: String) {
            (self.text, self.status, self.reason) = (text, status, reason)
        }

        /// A head alone.
        init(head start: String, fields: String = "", _ status: Int, _ reason: String) {
            self.init("\(start) HTTP/1.1\r\nHost: gateway\r\n\(fields)\r\n", status, reason)
        }
    }

    private static func refusals(_ gateway: GatewayFixture) -> [Case] {
        let bearer = "Authorization: Bearer \(gateway.token)\r\n"
        let body = "POST /open HTTP/1.1\r\nHost: gateway\r\nContent-Length: "
        let chunked = "POST /open HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n"
        return [
            // What cannot be read.
            Case("GET /open\r\n\r\n", 400, "malformed_start_line"),
            Case("GET /%00 HTTP/1.1\r\nHost: gateway\r\n\r\n", 400, "malformed_target"),
            Case("GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\n\r\n", 414, "target_too_long"),
            Case("GET /open HTTP/2.0\r\nHost: gateway\r\n\r\n", 505, "unsupported_http_version"),
            Case("CONNECT gateway:80 HTTP/1.1\r\nHost: gateway:80\r\n\r\n", 501, "method_not_implemented"),
            Case(head: "GET /open", fields: "A B: c\r\n", 400, "malformed_field"),
            Case(head: "GET /open", fields: "A: \(String(repeating: "a", count: 40_000))\r\n", 431, "head_too_large"),
            Case(head: "GET /open", fields: String(repeating: "A: b\r\n", count: 101), 431, "too_many_fields"),
            Case("GET /open HTTP/1.1\r\n\r\n", 400, "bad_host"),
            Case(head: "POST /open", fields: "Content-Length: x\r\n", 400, "bad_content_length"),
            Case(head: "POST /open", fields: "Transfer-Encoding: chunked, chunked\r\n", 400, "bad_transfer_encoding"),
            Case(
                head: "POST /open", fields: "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400,
                "conflicting_framing"),
            Case(head: "POST /open", fields: "Transfer-Encoding: gzip\r\n", 501, "unsupported_transfer_coding"),
            Case(head: "GET /open", fields: "Expect: more\r\n", 417, "unsupported_expectation"),
            // What does not come whole.
            Case("GET /open HTTP/1.1\r\n", 408, "request_timeout"),
            Case("\(body)5\r\n\r\nab", 408, "body_too_slow"),
            Case("\(chunked)zz\r\n", 400, "malformed_chunk"),
            Case("\(body)50\r\n\r\n", 413, "body_too_large"),
            Case("\(chunked)20\r\n\(String(repeating: "a", count: 32))\r\n0\r\n\r\n", 413, "body_too_large"),
            // What leads nowhere.
            Case(head: "GET /nowhere", 404, "no_route"),
            Case(head: "POST /get", 405, "method_not_allowed"),
            Case(head: "GET /open", fields: "X_User: me\r\n", 400, "underscore_in_header_name"),
            // Who may not.
            Case(head: "GET /closed", 401, "authentication_required"),
            Case(head: "GET /keys-only", 401, "authentication_required"),
            Case(head: "GET /either", 401, "authentication_required"),
            Case(head: "GET /closed", fields: "Authorization: Basic eDp5\r\n", 401, "authentication_required"),
            Case(head: "GET /closed", fields: "Authorization: Bearer junk\r\n", 401, "token_malformed"),
            Case(head: "GET /either", fields: "X-API-Key: junk\r\n", 401, "api_key_malformed"),
            Case(head: "GET /either", fields: "X-API-Key: a\r\n\(bearer)", 400, "api_key_ambiguous"),
            Case(head: "GET /admin", fields: bearer, 403, "insufficient_scope"),
            Case(head: "GET /operators", fields: bearer, 403, "insufficient_role"),
            Case(head: "GET /limited", 200, ""),
            Case(head: "GET /limited", 429, "rate_limited"),
            // What the gateway knows better.
            Case(head: "GET /old", 302, "redirected"),
            Case(head: "GET /document", fields: "If-None-Match: *\r\n", 304, "not_modified"),
            Case(head: "GET /whole", fields: "If-None-Match: *\r\n", 304, "not_modified"),
            // What fails behind it.
            Case(head: "GET /gone", 503, "connection_refused 127.0.0.1:9"),
            Case(head: "GET /broken", 503, "one: gone connection_refused 127.0.0.1:9"),
        ]
    }

    @Test func everyRefusalHasItsReason() async throws {
        try await GatewayFixture.run(Self.yaml, server: Self.impatient) { gateway in
            let service = FakeUserService()
            gateway.users.answer(service.answer)
            for (number, refusal) in Self.refusals(gateway).enumerated() {
                let client = try RawClient(port: gateway.port)
                try client.send(refusal.text)
                let answer = try client.readAnswer()
                client.close()
                try await waitUntil("\(number + 1) exchanges are over") { gateway.observed.notes.count == number + 1 }
                let note = try #require(gateway.observed.notes.last)
                #expect(answer.hasPrefix("HTTP/1.1 \(refusal.status) "), "\(refusal.text.prefix(80))")
                #expect(note.status == refusal.status, "\(refusal.text.prefix(80))")
                #expect(note.reason ?? "" == refusal.reason, "\(refusal.text.prefix(80))")
                if let reason = note.reason { #expect(try Self.isStable(reason)) }
            }
        }
    }

    @Test func aBodyThatEndsTooEarlyIsNamed() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let client = try RawClient(port: gateway.port)
            try client.send("POST /open HTTP/1.1\r\nHost: gateway\r\nContent-Length: 5\r\n\r\nab")
            client.shutdownWrite()
            #expect(try client.readAnswer().hasPrefix("HTTP/1.1 400 "))
            client.close()
            try await waitUntil("the exchange is over") { gateway.observed.notes.count == 1 }
            #expect(gateway.observed.notes.last?.reason == "body_cut_off")
        }
    }

    /// The words in the documentation are those that are written.
    @Test func theWordsOfUnreadableMessagesAreDocumented() throws {
        let page = try DocumentationTests.page("operations.md")
        for error in MessageError.allCases where error != .incompleteMessage {
            #expect(page.contains("`\(error.reason)`"), "\(error.reason)")
        }
    }
}
