import Sockets
import Testing

@testable import TollgateTool

@Suite struct HTTPURLTests {
    @Test(arguments: [
        ("http://127.0.0.1:9080/readyz", "127.0.0.1", 9080, "/readyz"),
        ("http://example.com", "example.com", 80, "/"),
        ("http://example.com?x=1", "example.com", 80, "/?x=1"),
        ("http://[::1]:8080/a?b#c", "::1", 8080, "/a?b"),
        ("http://[::1]/", "::1", 80, "/"),
    ])
    func taken(apart text: String, host: String, port: Int, target: String) throws {
        let url = try #require(HTTPURL(text))
        #expect(url.endpoint.host == host)
        #expect(url.endpoint.port == port)
        #expect(url.target == target)
    }

    @Test(arguments: [
        "https://example.com", "example.com", "http://", "http://:80", "http://a:0", "http://a:65536", "http://a:b",
        "http://user@host", "http://[::1",
    ])
    func refused(_ text: String) { #expect(HTTPURL(text) == nil) }
}
