import Sockets
import Testing

@Suite("Ranges of addresses")
struct IPNetworkTests {
    @Test(
        "the prefix alone counts",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("10.9.9.9/8", "10.0.0.1", true), ("172.16.0.0/12", "172.31.255.255", true),
            ("172.16.0.0/12", "172.32.0.0", false), ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1/32", "192.0.2.2", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false), ("fc00::/7", "fdff::1", true),
            ("fc00::/7", "fe00::1", false), ("2001:db8::/64", "2001:db8::ffff:0:0:1", true),
            ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("2001:db8::/96", "2001:db8::1:2", true),
            ("2001:db8::/96", "2001:db8::1:0:0", false), ("::1/128", "::1", true), ("::1", "::2", false),
        ])
    func contains(network: String, address: String, expected: Bool) throws {
        let network = try #require(IPNetwork(network))
        #expect(network.contains(try #require(SocketAddress(ip: address, port: 443))) == expected)
    }

    @Test(
        "anything else is no range",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "::/129", "name/8",
            "10.0.0/8", "10.0.0.0/008x",
        ])
    func refuses(_ text: String) { #expect(IPNetwork(text) == nil) }

    @Test(
        "an IPv6 address may stand for an IPv4 one",
        arguments: [
            ("::ffff:10.0.0.1", "10.0.0.1"), ("64:ff9b::a00:1", "10.0.0.1"), ("64:ff9b:1::a00:1", "64:ff9b:1::a00:1"),
            ("::a00:1", "::a00:1"), ("2001:db8::1", "2001:db8::1"), ("10.0.0.1", "10.0.0.1"),
        ])
    func embedded(address: String, expected: String) throws {
        let address = try #require(SocketAddress(ip: address, port: 80))
        #expect(address.embeddedIPv4 == SocketAddress(ip: expected, port: 80))
    }
}
