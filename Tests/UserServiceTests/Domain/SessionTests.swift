import TestSupport
import Testing

@testable import UserService

@Suite struct SessionTests {
    private let policy = SessionPolicy(accessToken: 600_000, idle: 100_000, absolute: 500_000, grace: 10_000)
    private let start: Int64 = 1_000_000

    private func session(rotatedAt times: Int64...) -> Session {
        var session = Session(id: "ses_1", userID: "usr_1", now: start)
        for time in times { session.rotate(now: start + time) }
        return session
    }

    private func decide(_ session: Session, _ generation: Int64, at time: Int64) -> Session.Decision {
        session.decide(presented: generation, now: start + time, under: policy)
    }

    @Test func theNewestTokenRotates() {
        #expect(decide(session(), 0, at: 0) == .rotate)
        #expect(decide(session(rotatedAt: 1_000, 2_000), 2, at: 2_000) == .rotate)
    }

    @Test(arguments: [(0, true), (9_999, true), (10_000, false), (50_000, false)])
    func theParentRepeatsItsSuccessorForTenSeconds(_ after: Int64, _ repeats: Bool) {
        #expect(decide(session(rotatedAt: 5_000), 0, at: 5_000 + after) == (repeats ? .repeatSuccessor : .revoke))
    }

    @Test func aUsedSuccessorEndsTheGrace() {
        #expect(decide(session(rotatedAt: 5_000, 5_001), 0, at: 5_002) == .revoke)
        #expect(decide(session(rotatedAt: 5_000, 5_001), 1, at: 5_002) == .repeatSuccessor)
    }

    @Test func aClockThatGoesBackRevokesNobody() {
        #expect(decide(session(rotatedAt: 5_000), 0, at: 4_000) == .repeatSuccessor)
        #expect(decide(session(rotatedAt: 5_000), 1, at: 4_000) == .rotate)
        #expect(session(rotatedAt: 5_000, 4_000).refreshedAt == start + 5_000)
    }

    @Test func idlenessEndsIt() {
        #expect(decide(session(), 0, at: 99_999) == .rotate)
        #expect(decide(session(), 0, at: 100_000) == .refuse)
        #expect(decide(session(rotatedAt: 99_999), 1, at: 199_998) == .rotate)
    }

    @Test func itEndsHoweverOftenItIsRefreshed() {
        let session = session(rotatedAt: 90_000, 180_000, 270_000, 360_000, 450_000)
        #expect(decide(session, 5, at: 499_999) == .rotate)
        #expect(decide(session, 5, at: 500_000) == .refuse)
    }

    @Test func theFirstReasonOfARevocationStays() {
        var session = session()
        session.revoke(.reuse)
        session.revoke(.logout)
        #expect(session.revocation == .reuse)
        #expect(decide(session, 0, at: 1) == .refuse)
    }

    @Test func anOldTokenOfAnEndedSessionRevokesNothing() {
        #expect(decide(session(rotatedAt: 1, 2), 0, at: 100_002) == .refuse)
    }

    /// Thousands of random uses, against rules written the other way round: by what each token ever saw.
    @Test func randomSequencesFollowTheRules() {
        var random = SeededGenerator.announced()
        for _ in 0..<300 {
            var session = session()
            var now: Int64 = 0
            var issuedAt: [Int64] = [0]
            for _ in 0..<40 {
                now += Int64.random(in: 0...25_000, using: &random)
                let newest = issuedAt.count - 1
                let used = random.chance(0.6) ? newest : Int.random(in: 0...newest, using: &random)
                let isOver = session.revocation != nil || now >= 500_000 || now - issuedAt[newest] >= 100_000
                let isNewest = used == newest
                let isInGrace = used + 1 == newest && now - issuedAt[newest] < 10_000
                let decision = decide(session, Int64(used), at: now)
                #expect(
                    decision == (isOver ? .refuse : isNewest ? .rotate : isInGrace ? .repeatSuccessor : .revoke))
                if decision == .rotate {
                    session.rotate(now: start + now)
                    issuedAt.append(now)
                }
                if decision == .revoke { session.revoke(.reuse) }
            }
        }
    }
}
