import TestSupport
import Testing

@testable import UserService

/// The session's state machine against what is said of it, by random sequences of refreshes, reuses, new proofs,
/// revocations and jumps of the clock, also backwards.
@Suite struct SessionRandomTests {
    private let policy = SessionPolicy(accessToken: 600_000, idle: 100_000, absolute: 500_000, grace: 10_000)

    /// What a reader of the rules would write down.
    private struct Model {
        var created: Int64
        var rotations: [Int64]
        var authenticated: Int64
        var isRevoked = false

        func isLive(_ now: Int64, _ policy: SessionPolicy) -> Bool {
            !isRevoked && now < created + policy.absolute && now < (rotations.max() ?? created) + policy.idle
        }

        func expected(_ presented: Int64, _ now: Int64, _ policy: SessionPolicy) -> Session.Decision {
            guard isLive(now, policy) else { return .refuse }
            let newest = Int64(rotations.count)
            if presented == newest { return .rotate }
            if presented == newest - 1, now - (rotations.max() ?? created) < policy.grace { return .repeatSuccessor }
            return .revoke
        }
    }

    @Test func randomHistoriesKeepTheRules() {
        var random = SeededGenerator.announced("sessions")
        for _ in 0..<400 { history(&random) }
    }

    private func history(_ random: inout SeededGenerator) {
        var now: Int64 = 1_000_000
        var session = Session(id: "ses_1", userID: "usr_1", now: now)
        var model = Model(created: now, rotations: [], authenticated: now)
        for _ in 0..<60 {
            now += Int64([0, 1, 500, 9_999, 10_000, 40_000, 100_000, -3_000].randomElement(using: &random) ?? 0)
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                session.revoke([.logout, .admin, .passwordReset].randomElement(using: &random) ?? .user)
                model.isRevoked = true
            case 1, 2:
                session.reauthenticate(now: now, context: .mfa)
                model.authenticated = max(model.authenticated, now)
            default: present(&session, &model, now, &random)
            }
            #expect(session.isLive(now: now, under: policy) == model.isLive(now, policy))
            #expect(session.generation == Int64(model.rotations.count))
            #expect(session.authenticatedAt == model.authenticated && session.createdAt == model.created)
            // Nothing that happens makes it last longer than it may.
            #expect(session.end(under: policy) == model.created + policy.absolute)
            #expect(session.isFresh(within: 300_000, now: now) == (now - model.authenticated <= 300_000))
        }
    }

    private func present(
        _ session: inout Session, _ model: inout Model, _ now: Int64, _ random: inout SeededGenerator
    ) {
        let newest = session.generation
        let presented = max(0, newest - [0, 0, 0, 1, 2].randomElement(using: &random)!)
        let decision = session.decide(presented: presented, now: now, under: policy)
        #expect(decision == model.expected(presented, now, policy))
        switch decision {
        case .rotate:
            session.rotate(now: now)
            // A clock that went back does not make the newest token older than its parent.
            model.rotations.append(max(now, model.rotations.max() ?? model.created))
        case .revoke:
            session.revoke(.reuse)
            model.isRevoked = true
        case .repeatSuccessor, .refuse: break
        }
    }

    @Test func theFirstReasonStays() {
        for first in Session.Revocation.allCases {
            var session = Session(id: "ses_1", userID: "usr_1", now: 0)
            session.revoke(first)
            session.revoke(.logout)
            #expect(session.revocation == first && !session.isLive(now: 1, under: policy))
        }
    }
}
