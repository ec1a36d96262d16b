import Chassis
import Sockets
import Testing

@testable import UserService

/// Who has to wait, and above all who has not.
@Suite struct AttemptGuardTests {
    private let clock = ManualWallClock()
    private let attempts: AttemptGuard

    init() {
        let clock = clock
        attempts = AttemptGuard(failuresPerAddress: 30) { UInt64(clock.now) * 1_000_000 }
    }

    private func address(_ number: Int) throws -> SocketAddress {
        try #require(SocketAddress(ip: "192.0.2.\(number)", port: 0))
    }

    private func refusal(
        _ account: String = "ada", from number: Int = 1, isKnown: Bool = false, of guardian: AttemptGuard? = nil
    ) throws -> AttemptGuard.Refusal? {
        do {
            _ = try (guardian ?? attempts).begin(account: account, client: try address(number), isKnown: isKnown)
            return nil
        } catch let refusal as AttemptGuard.Refusal {
            return refusal
        }
    }

    @Test func oneAddressWaitsAfterSixFailures() throws {
        for _ in 0..<6 { #expect(try refusal() == nil) }
        #expect(try refusal() == .init(limit: .account, wait: 1_000_000_000))
        // Another account, and the same one from elsewhere, are untouched.
        #expect(try refusal("eve") == nil)
        #expect(try refusal(from: 2) == nil)
        clock.advance(seconds: 1)
        #expect(try refusal() == nil)
        #expect(try refusal()?.wait == 2_000_000_000)
    }

    @Test func manyAddressesWaitTogether() throws {
        for number in 1...21 { #expect(try refusal(from: number) == nil) }
        #expect(try refusal(from: 22)?.limit == .strangers)
        #expect(try refusal(from: 1)?.limit == .strangers)
        #expect(try refusal("eve", from: 22) == nil)
    }

    /// A thousand guesses from everywhere: the owner, where they have logged in before, does not notice.
    @Test func theOwnerIsNotLockedOut() throws {
        for round in 0..<1_000 {
            _ = try refusal(from: 1 + round % 200)
            clock.advance(milliseconds: 100)
        }
        #expect(try refusal(from: 201)?.limit == .strangers)
        #expect(try refusal(from: 250, isKnown: true) == nil)
    }

    /// Nobody waits for ever: 15 minutes after the last guess everybody gets in.
    @Test func aDelayHasAnEnd() throws {
        for _ in 0..<100 {
            while let wait = try refusal()?.wait {
                #expect(wait <= 900_000_000_000)
                clock.advance(milliseconds: Int64(wait / 1_000_000))
            }
        }
        clock.advance(seconds: 900)
        #expect(try refusal() == nil)
    }

    @Test func aSuccessForgetsTheFailuresOfItsAddressAlone() throws {
        for _ in 0..<5 { #expect(try refusal() == nil) }
        let attempt = try attempts.begin(account: "ada", client: try address(1), isKnown: false)
        attempts.succeeded(attempt)
        for _ in 0..<6 { #expect(try refusal() == nil) }
        #expect(try refusal()?.limit == .account)
    }

    @Test func whatWasNotLookedAtDoesNotCount() throws {
        for _ in 0..<200 {
            attempts.withdraw(try attempts.begin(account: "ada", client: try address(1), isKnown: false))
        }
        #expect(try refusal() == nil)
    }

    @Test func oneAddressCannotTryEverybody() throws {
        for number in 0..<30 { #expect(try refusal("user-\(number)") == nil) }
        #expect(try refusal("user-30")?.limit == .address)
        #expect(try refusal("user-31", from: 2) == nil)
        // Somebody behind the same address who has logged in from there is not held up by it.
        #expect(try refusal("user-32", isKnown: true) == nil)
        // The refused attempt counted nowhere.
        for _ in 0..<6 { #expect(try refusal("user-30", from: 3) == nil) }
    }

    /// A hundred at once get no further than a hundred in a row: each counts from its beginning.
    @Test func attemptsThatRaceCount() async throws {
        let (attempts, client) = (attempts, try address(1))
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask { (try? attempts.begin(account: "ada", client: client, isKnown: false)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 6)
    }

    @Test func anIPv6SubscriberIsOneClient() throws {
        for number in 0..<6 {
            let client = try #require(SocketAddress(ip: "2001:db8::\(number)", port: 0))
            _ = try attempts.begin(account: "ada", client: client, isKnown: false)
        }
        let other = try #require(SocketAddress(ip: "2001:db8::ffff", port: 0))
        #expect(throws: AttemptGuard.Refusal.self) {
            try attempts.begin(account: "ada", client: other, isKnown: false)
        }
    }

    @Test func modesChooseWhetherItRefuses() throws {
        let (observing, off) = (AttemptGuard(mode: .observe), AttemptGuard(mode: .off))
        for _ in 0..<10 {
            #expect(try refusal(of: observing) == nil)
            #expect(try refusal(of: off) == nil)
        }
        #expect(observing.refused(.account) == 4 && off.refused(.account) == 0)
    }
}
