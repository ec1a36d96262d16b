import Sockets
import Testing

@Suite("Addresses")
struct AddressTests {
    @Test(
        "textual addresses are read and written",
        arguments: [
            ("127.0.0.1", "127.0.0.1:80"), ("0.0.0.0", "0.0.0.0:80"), ("255.254.3.9", "255.254.3.9:80"),
            ("::1", "[::1]:80"), ("2001:db8:0:0:0:0:0:7", "[2001:db8::7]:80"), ("::ffff:10.1.2.3", "10.1.2.3:80"),
        ])
    func parses(_ text: String, _ written: String) throws {
        #expect(try #require(SocketAddress(ip: text, port: 80)).description == written)
    }

    @Test("names and nonsense are not addresses", arguments: ["localhost", "", "1.2.3", "1.2.3.4.5", "[::1]", "::g"])
    func refuses(_ text: String) {
        #expect(SocketAddress(ip: text, port: 80) == nil)
    }

    @Test("ports outside 0 to 65535 are refused", arguments: [-1, 65536])
    func refusesPorts(_ port: Int) {
        #expect(SocketAddress(ip: "127.0.0.1", port: port) == nil)
    }

    @Test("an endpoint drops and shows brackets")
    func endpoint() {
        #expect(Endpoint(host: "[::1]", port: 8080).host == "::1")
        #expect(Endpoint(host: "[::1]", port: 8080).description == "[::1]:8080")
        #expect(Endpoint(host: "users", port: 80).description == "users:80")
        #expect(Endpoint(host: "users", port: 80).literalAddress == nil)
        #expect(Endpoint(host: "10.0.0.1", port: 80).literalAddress == SocketAddress(ip: "10.0.0.1", port: 80))
    }
}
