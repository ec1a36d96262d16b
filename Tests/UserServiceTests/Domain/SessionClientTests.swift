import HTTP
import HTTPTypes
import Testing

@testable import UserService

@Suite struct SessionClientTests {
    private func client(_ fields: HTTPFields) throws -> SessionClient {
        SessionClient(try Request(method: .post, target: "/v1/sessions", fields: fields))
    }

    private static let forwarded = HTTPField.Name("X-Forwarded-For")!

    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7"), ("203.0.113.7, 10.0.0.1", "203.0.113.7"), ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"), ("unknown", nil), ("203.0.113.7:80", nil), ("", nil),
        ("<script>", nil),
    ])
    func theAddressIsTheFirstOfTheChain(chain: String, address: String?) throws {
        #expect(try client([Self.forwarded: chain]).address == address)
    }

    @Test(arguments: [
        ("curl/8.5.0", "curl/8.5.0"), ("  a \t b  ", "a b"), ("a\u{202E}b", "a b"), ("\u{200B}", nil), ("", nil),
        ("Zürich \u{1F680}", "Zürich \u{1F680}"), ("a\u{FFFD}b", "a b"),
    ])
    func theAgentIsCleaned(text: String, cleaned: String?) {
        #expect(SessionClient.cleaned(userAgent: text) == cleaned)
    }

    @Test(arguments: ["a", "é", "\u{1F680}", "a \u{0301}"])
    func theAgentIsCutBetweenCharacters(part: String) {
        let text = SessionClient.cleaned(userAgent: String(repeating: part, count: 10_000)) ?? ""
        #expect((250...SessionClient.longestAgent).contains(text.utf8.count))
        #expect(!text.contains("\u{FFFD}"))
    }

    @Test func nothingIsKnownOfAClientThatSaysNothing() throws {
        #expect(try client([:]) == .unknown)
    }
}
