import Foundation
import Sockets
import TestSupport
import Testing

@testable import TollgateTool

@Suite struct PortProbeTests {
    @Test func aPortThatSomebodyHoldsIsInUse() throws {
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 8080))
        let failure = PortProbe.failure(.addressInUse(address), 8080, "gateway")
        #expect(failure.description == "port 8080 (gateway) is in use; choose others with --port")
    }

    @Test func aPortThatMayNotBeUsedIsNotCalledInUse() {
        let failure = PortProbe.failure(.system("bind", EACCES), 80, "gateway")
        #expect(failure.description.hasPrefix("cannot listen on port 80 (gateway): bind: Permission denied"))
    }

    /// 192.0.2.0/24 is for documentation (RFC 5737): no machine has such an address.
    @Test func anAddressOfAnotherMachineIsNotCalledInUse() throws {
        let error = #expect(throws: Failure.self) {
            try PortProbe.expectFree(8080, for: "gateway", at: "192.0.2.1")
        }
        #expect(error?.description.hasPrefix("cannot listen on port 8080 (gateway): bind: ") == true)
        #expect(error?.description.contains("in use") == false)
    }

    @Test func freePortsPassAndTakenOnesDoNot() throws {
        let ports = try PortBlock()
        try PortProbe.expectFree(ports.first, for: "test")
        let taken = try ports.listen()
        withExtendedLifetime(taken) {
            _ = #expect(throws: Failure.self) { try PortProbe.expectFree(ports.first, for: "test") }
        }
    }
}
