import Sockets
import TestSupport
import Testing

@testable import PaymentsService

/// Where a webhook may not go, whoever asks (OWASP's list of addresses against SSRF).
@Suite struct AddressRulesTests {
    static let forbidden = [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "100.100.100.200",
        "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.7", "192.88.99.1", "192.168.0.1", "192.168.255.255",
        "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:7f00:1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:20::1",
        "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1",
        "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
    ]

    static let permitted = [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "169.255.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255",
        "192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255",
        "2000::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "3ffe::1", "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ]

    @Test(arguments: forbidden)
    func isForbidden(ip: String) throws {
        #expect(!AddressRules().permits(try #require(SocketAddress(ip: ip, port: 80))))
    }

    @Test(arguments: permitted)
    func isPermitted(ip: String) throws {
        #expect(AddressRules().permits(try #require(SocketAddress(ip: ip, port: 80))))
    }

    @Test("What the operator allows is allowed, in whichever form it is written")
    func allowed() throws {
        let rules = AddressRules(allowed: [try #require(IPNetwork("10.1.0.0/16")), try #require(IPNetwork("fd00::/8"))])
        for ip in ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd12::1"] {
            #expect(rules.permits(try #require(SocketAddress(ip: ip, port: 80))), "\(ip)")
        }
        for ip in ["10.2.0.1", "127.0.0.1", "fc00::1"] {
            #expect(!rules.permits(try #require(SocketAddress(ip: ip, port: 80))), "\(ip)")
        }
    }

    @Test("No address of a private range gets through, drawn at random")
    func random() throws {
        var random = SeededGenerator.announced()
        for _ in 0..<20_000 {
            let (a, b, c) = (
                UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...255, using: &random),
                UInt8.random(in: 0...255, using: &random)
            )
            let private4 = [
                "10.\(a).\(b).\(c)", "127.\(a).\(b).\(c)", "192.168.\(a).\(b)", "169.254.\(a).\(b)",
                "172.\(16 + a % 16).\(b).\(c)",
            ]
            for ip in private4 {
                #expect(!AddressRules().permits(try #require(SocketAddress(ip: ip, port: 1))))
                #expect(!AddressRules().permits(try #require(SocketAddress(ip: "::ffff:\(ip)", port: 1))))
                #expect(!AddressRules().permits(try #require(SocketAddress(ip: "64:ff9b::\(ip)", port: 1))))
            }
        }
    }
}
