import HTTP
import Sockets
import Testing

@testable import Gateway

@Suite struct ForwardedChainTests {
    private static func chain(
        _ trusted: Int, _ addresses: String?, scheme: String? = nil, host: String? = nil
    ) throws -> ForwardedChain {
        ForwardedChain(
            peer: try #require(SocketAddress(ip: "10.0.0.9", port: 1)), trusted: trusted, addresses: addresses,
            scheme: scheme, host: host)
    }

    @Test(
        arguments: [
            (0, "1.1.1.1", ["10.0.0.9"]), (1, nil, ["10.0.0.9"]), (1, "", ["10.0.0.9"]),
            (1, "1.1.1.1", ["1.1.1.1", "10.0.0.9"]),
            // What the client itself wrote stands in front and is dropped.
            (1, "6.6.6.6, 1.1.1.1", ["1.1.1.1", "10.0.0.9"]),
            (2, "6.6.6.6,1.1.1.1 ,\t10.0.0.8", ["1.1.1.1", "10.0.0.8", "10.0.0.9"]),
            (2, "1.1.1.1", ["10.0.0.9"]), (1, "1.1.1.1, unknown", ["10.0.0.9"]), (2, "junk, 10.0.0.8", ["10.0.0.9"]),
            (1, "1.1.1.1,", ["10.0.0.9"]), (1, "1.1.1.1:4711", ["1.1.1.1", "10.0.0.9"]),
            (1, "[2001:db8::1]:80", ["2001:db8::1", "10.0.0.9"]), (1, "2001:db8::1", ["2001:db8::1", "10.0.0.9"]),
        ] as [(Int, String?, [String])])
    func onlyTrustedEntriesCount(trusted: Int, addresses: String?, expected: [String]) throws {
        #expect(try Self.chain(trusted, addresses).hops.map(\.ip) == expected)
    }

    @Test(
        arguments: [
            (1, "https", "https"), (1, "HTTPS", "https"), (1, "ftp", "http"), (1, "http, https", "https"),
            (2, "https, http", "https"), (2, "https", "https"), (0, "https", "http"), (1, nil, "http"),
        ] as [(Int, String?, String)])
    func theSchemeIsTheOutermostTrustedProxys(trusted: Int, scheme: String?, expected: String) throws {
        #expect(try Self.chain(trusted, "1.1.1.1, 2.2.2.2", scheme: scheme).scheme.rawValue == expected)
    }

    @Test(
        arguments: [
            (1, "a.example:80", "a.example:80"), (1, "evil, a.example", "a.example"), (1, "a\"b", nil), (1, "a b", nil),
            (0, "a.example", nil),
        ] as [(Int, String?, String?)])
    func theHostIsTheOutermostTrustedProxys(trusted: Int, host: String?, expected: String?) throws {
        #expect(try Self.chain(trusted, "1.1.1.1, 2.2.2.2", host: host).host == expected)
    }

    /// 16,000 entries cost no more than the last ones.
    @Test func aLongListIsReadFromItsEnd() throws {
        let list = String(repeating: "6.6.6.6,", count: 16_000) + "1.1.1.1"
        #expect(try Self.chain(1, list).client.ip == "1.1.1.1")
    }
}
