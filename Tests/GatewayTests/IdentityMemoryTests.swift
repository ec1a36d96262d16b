import Chassis
import Crypto
import TestSupport
import Testing

@testable import Gateway

/// What is signed for an upstream is sent again while it may be, and no longer.
@Suite struct IdentityMemoryTests {
    @Test func aTokenIsMadeAnewWhenItIsOldOrOfATimeThatIsStillToCome() throws {
        let clock = ManualWallClock()
        let signer = IdentitySigner(service: "gateway", key: P256.Signing.PrivateKey(), clock: clock)
        let memory = IdentityMemory()
        func token() throws -> String {
            try memory.token(for: 0, now: clock.now) { try signer.signed(for: "users", caller: nil) }
        }
        let first = try token()
        clock.advance(seconds: 1)
        #expect(try token() == first)
        clock.advance(seconds: 3_600)
        let second = try token()
        #expect(second != first)
        // Its receivers refuse it until their clocks have come to where it was signed.
        clock.advance(seconds: -1_800)
        #expect(try token() != second)
    }
}
