import Chassis
import Testing

@testable import PaymentsService

@Suite struct EventStreamsTests {
    private static let ann = CallerIdentity(issuer: "gateway", subject: "ann", sessionID: "ses_1")

    private func limits(perUser: Int = 2, total: Int = 3) -> EventStreamLimits {
        EventStreamLimits(perUser: perUser, total: total, lifetimeMilliseconds: 1_000)
    }

    @Test func placesAreLimitedAndComeBack() throws {
        let streams = EventStreams(limits())
        var anns = (0..<2).map { _ in streams.place(for: Self.ann, user: "ann", at: 0) }
        #expect(anns.allSatisfy { $0 != nil })
        #expect(streams.place(for: Self.ann, user: "ann", at: 0) == nil)
        let bob = streams.place(for: Self.ann, user: "bob", at: 0)
        #expect(bob != nil)
        #expect(streams.place(for: Self.ann, user: "eve", at: 0) == nil)
        #expect(streams.count == 3)
        anns.removeLast()
        #expect(streams.count == 2)
        #expect(streams.place(for: Self.ann, user: "eve", at: 0) != nil)
        withExtendedLifetime(bob) {}
    }

    @Test("Nobody is woken when nobody is there, and the position begins anew")
    func position() throws {
        let streams = EventStreams(limits())
        streams.begin(at: 5)
        #expect(streams.position == nil)
        var lease = streams.place(for: Self.ann, user: "ann", at: 0)
        streams.begin(at: 7)
        streams.begin(at: 9)
        #expect(streams.position == 7)
        streams.wake([], upTo: 12)
        streams.wake([], upTo: 11)
        #expect(streams.position == 12)
        withExtendedLifetime(lease) {}
        lease = nil
        #expect(streams.position == nil)
    }

    @Test func onlyThoseConcernedAreWoken() async throws {
        let streams = EventStreams(limits(perUser: 1, total: 10))
        let leases = try ["ann", "bob", "eve"].map { user in
            try #require(streams.place(for: Self.ann, user: user, at: 0))
        }
        streams.begin(at: 0)
        streams.wake(["ann", "nobody"], upTo: 1)
        streams.wake(["ann", "bob", "nobody", "anybody"], upTo: 2)
        streams.end { _ in true }
        var wakes: [Int] = []
        for lease in leases {
            var count = 0
            for await _ in lease.place.wakes { count += 1 }
            wakes.append(count)
        }
        // Two in a row are one.
        #expect(wakes == [1, 1, 0])
    }

    @Test func streamsEndWithTheirSessionTheirTimeAndTheProcess() throws {
        let streams = EventStreams(limits())
        let revocations = Revocations { 0 }
        let clock = ManualWallClock(now: 0)
        let draining = Flag()
        let ending = EventStreamEnding(
            streams: streams, revocations: revocations, clock: clock, isDraining: { draining.isSet })
        let open = { try #require(streams.place(for: Self.ann, user: "ann", at: clock.now)) }

        var lease = try open()
        clock.advance(milliseconds: 999)
        ending.endOver()
        #expect(lease.place.isOpen)
        clock.advance(milliseconds: 1)
        ending.endOver()
        #expect(!lease.place.isOpen)

        lease = try open()
        revocations.update { $0.apply(.add(Revocation(kind: .session, id: "ses_2", until: nil))) }
        ending.endOver()
        #expect(lease.place.isOpen)
        revocations.update { $0.apply(.add(Revocation(kind: .session, id: "ses_1", until: nil))) }
        ending.endOver()
        #expect(!lease.place.isOpen)

        revocations.update { $0 = RevocationList() }
        lease = try open()
        draining.set()
        ending.endOver()
        #expect(!lease.place.isOpen)
    }
}
