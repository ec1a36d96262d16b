import Chassis
import Sockets
import Testing

@testable import PaymentsService

@Suite struct WebhookURLTests {
    @Test(
        "What is a URL",
        arguments: [
            ("https://example.com", "example.com:443", "/", "https://example.com/"),
            ("HTTPS://Example.COM/Hook", "example.com:443", "/Hook", "https://Example.COM/Hook"),
            ("http://example.com:8080/a?b=c&d=%20", "example.com:8080", "/a?b=c&d=%20", nil),
            ("http://example.com?b", "example.com:80", "/?b", "http://example.com/?b"),
            ("http://192.0.2.1/a@b:c", "192.0.2.1:80", "/a@b:c", nil),
            ("http://[2001:db8::1]:81/", "[2001:db8::1]:81", "/", nil),
            ("http://[::1]", "[::1]:80", "/", "http://[::1]/"),
            ("http://a_b.internal/", "a_b.internal:80", "/", nil),
        ])
    func parses(text: String, endpoint: String, target: String, whole: String?) throws {
        let url = try #require(WebhookURL(text))
        #expect(url.endpoint.description == endpoint)
        #expect(url.target == target)
        #expect(url.text == whole ?? text)
    }

    @Test(
        "What is none",
        arguments: [
            "", "example.com", "//example.com", "ftp://example.com", "http:/example.com", "http://", "http:///a",
            "http://user@example.com", "http://user:pw@example.com", "http://example.com#a", "http://example.com/#a",
            "http://example.com:0", "http://example.com:65536", "http://example.com:", "http://example.com:+80",
            "http://example.com:8a", "http://[::1", "http://[127.0.0.1]", "http://[::1]x", "http://[name]",
            "http://a..b",
            "http://.a", "http://exa mple.com", "http://exämple.com", "http://example.com/a b",
            "http://example.com/\r\nX: y",
            "http://example.com/a\\b", "http://exa%6dple.com", "javascript:alert(1)", "file:///etc/passwd",
            "gopher://example.com",
        ])
    func refuses(text: String) { #expect(WebhookURL(text) == nil) }

    @Test func longOnesAreRefused() {
        let base = "https://example.com/"
        let most = base + String(repeating: "a", count: WebhookURL.maximumLength - base.utf8.count)
        #expect(WebhookURL(most) != nil)
        #expect(WebhookURL(most + "a") == nil)
    }

    @Test("What can be delivered to is what the settings say")
    func objections() throws {
        let objection = { (settings: [String: String], url: String) in
            try WebhookPolicy(Settings(settings)).objection(to: try #require(WebhookURL(url)))
        }
        let proxy = ["WEBHOOK_EGRESS_PROXY": "http://egress:3128"]
        let plain = ["WEBHOOK_ALLOW_HTTP": "on"]
        #expect(try objection([:], "https://example.com/")?.contains("WEBHOOK_EGRESS_PROXY") == true)
        #expect(try objection([:], "http://example.com/") == "must begin with https://")
        #expect(try objection(proxy, "https://example.com/") == nil)
        #expect(try objection(proxy, "http://example.com/") == "must begin with https://")
        #expect(try objection(plain, "http://example.com/") == nil)
        #expect(try objection(plain, "https://example.com/") != nil)
        for url in ["http://10.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest"]
        {
            #expect(try objection(plain, url)?.contains("address") == true, "\(url)")
        }
        #expect(try objection(proxy, "https://192.168.0.1/")?.contains("address") == true)
        let allowed = ["WEBHOOK_ALLOW_HTTP": "on", "WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/8, ::1"]
        #expect(try objection(allowed, "http://10.0.0.1/") == nil)
        #expect(try objection(allowed, "http://[::1]/") == nil)
        #expect(throws: SettingsError.self) { try objection(["WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/40"], "http://a/") }
        #expect(throws: SettingsError.self) { try objection(["WEBHOOK_EGRESS_PROXY": "https://a"], "http://a/") }
    }
}
