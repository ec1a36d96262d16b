import JSON
import Testing
import Yams

@testable import Gateway

/// Whoever may look at the admin port learns no secret from the file that serves.
@Suite struct ConfigurationReportTests {
    private func shown(_ yaml: String) throws -> JSONValue {
        ConfigurationReport.value(try #require(try Yams.compose(yaml: yaml)))
    }

    @Test func whatRoutesWriteIntoHeadersIsNotShown() throws {
        let value = try shown(
            """
            routes:
              - name: partner
                auth: public
                headers: { X-Signature: s3cret-1, X-There: { present: true } }
                query: { signature: s3cret-2 }
                request_headers:
                  set: { X-Partner-Token: s3cret-3, X-Plain: s3cret-4 }
                  add: { Authorization: Bearer s3cret-5 }
                  remove: [Cookie]
                response_headers: { set: { Set-Cookie: s3cret-6 } }
            """)
        #expect(!"\(value)".contains("s3cret"))
        let route = try #require(value["routes"]?.array?.first)
        #expect(route["request_headers"]?["set"]?["X-Partner-Token"]?.string == ConfigurationReport.redacted)
        #expect(route["request_headers"]?["remove"] == .array([.string("Cookie")]))
        #expect(route["headers"]?["X-There"]?["present"]?.string == "true")
        #expect(route["auth"]?.string == "public")
    }

    @Test(arguments: [
        "partner_token", "apiKey", "session-cookie", "proxy_auth", "PASSWORD", "client_secret", "credentials",
        "private",
    ])
    func whatIsNamedLikeASecretIsNotShown(name: String) throws {
        #expect(try shown("\(name): s3cret")[name]?.string == ConfigurationReport.redacted)
        #expect(!"\(try shown("x: { \(name): [s3cret] }"))".contains("s3cret"))
    }

    /// Else there would be no use in looking.
    @Test func theRestOfTheBuiltInFileIsShown() throws {
        let value = try shown(DefaultConfiguration.text)
        #expect(!"\(value)".contains(ConfigurationReport.redacted))
        #expect(value["rate_limits"]?["credentials"]?["quota"]?.string == "30")
        #expect(value["authentication"]?["token_type"]?.string == "at+jwt")
    }
}
