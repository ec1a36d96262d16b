import Chassis
import Storage
import TestSupport
import Testing

@testable import UserService

/// The store of sessions and ``SessionModel`` go the same random way and agree at every step.
@Suite struct SessionModelTests {
    private static let steps = 2_000

    /// Short lives, so that every end is reached often.
    private static let policy = SessionPolicy(
        accessToken: 5_000, idle: 60_000, absolute: 240_000, grace: 10_000)

    private struct Walk {
        let store: StoreFixture
        let sessions: SessionStore
        let credentials: CredentialStore
        let users: [String]
        var model: SessionModel
        var random: SeededGenerator
        /// How often something came about.
        var seen: [String: Int] = [:]

        var now: Int64 { store.clock.now }
    }

    @Test func theStoreDoesWhatTheModelSays() async throws {
        var walk = try await walk(.announced())
        for step in 0..<Self.steps {
            let name = try await advance(&walk)
            walk.seen[name, default: 0] += 1
            try await compare(walk, "after step \(step), \(name)")
        }
        // Whatever the seed: everything has come about.
        for name in [
            "begin", "rotated", "repeated", "reused", "refused", "end", "endOthers", "change", "reset", "sweep",
        ] {
            #expect((walk.seen[name] ?? 0) > 0, "\(name): \(walk.seen)")
        }
    }

    private func walk(_ random: SeededGenerator) async throws -> Walk {
        let store = try await StoreFixture()
        var users: [String] = []
        for number in 0..<3 { users.append(try await store.addUser("u\(number)@example.com").id) }
        return Walk(
            store: store,
            sessions: SessionStore(
                database: store.database, clock: store.clock, identifiers: store.identifiers, policy: Self.policy),
            credentials: CredentialStore(users: store.users, outbox: store.outbox, key: store.credentialKey),
            users: users, model: SessionModel(policy: Self.policy), random: random)
    }

    /// Takes one random step in both.
    /// - Returns: What it was.
    private func advance(_ walk: inout Walk) async throws -> String {
        switch Int.random(in: 0..<100, using: &walk.random) {
        case ..<12: return try await begin(&walk)
        case ..<58: return try await refresh(&walk)
        case ..<80:
            let longest: Int64 =
                [500, 500, 3_000, 3_000, 9_000, 12_000, 70_000].randomElement(using: &walk.random) ?? 500
            walk.store.clock.advance(milliseconds: .random(in: 0...longest, using: &walk.random))
            return "time"
        case ..<87: return try await end(&walk)
        case ..<90: return try await endOthers(&walk)
        case ..<93: return try await change(&walk)
        case ..<96: return try await reset(&walk)
        default:
            while try await walk.sessions.removeEnded(limit: 3) > 0 {}
            walk.model.sweep(now: walk.now)
            return "sweep"
        }
    }

    private func begin(_ walk: inout Walk) async throws -> String {
        let user = walk.users.randomElement(using: &walk.random) ?? ""
        let credential = try #require(try await walk.store.users.credential(ofUser: user))
        let (session, token) = try await walk.sessions.begin(userID: user, with: credential.version)
        walk.model.begin(session.id, of: user, token, now: walk.now)
        return "begin"
    }

    /// Mostly the newest token of a late session, often its parent, now and then any at all.
    private func refresh(_ walk: inout Walk) async throws -> String {
        guard !walk.model.all.isEmpty else { return "nothing" }
        let count = walk.model.all.count
        let index = max(0, count - 1 - Int.random(in: 0..<8, using: &walk.random))
        let tokens = walk.model.all[index].tokens
        let choice = Int.random(in: 0..<20, using: &walk.random)
        let back = choice < 12 ? 0 : choice < 18 ? 1 : Int.random(in: 0..<tokens.count, using: &walk.random)
        let token = max(0, tokens.count - 1 - back)
        let expected = walk.model.refresh(index, token: token, now: walk.now)
        switch (expected, try await walk.sessions.refresh(tokens[token])) {
        case (.rotated, .renewed(let session, let successor)):
            #expect(session.id == walk.model.all[index].id && !tokens.contains(successor))
            walk.model.add(successor, to: index, now: walk.now)
        case (.repeated, .renewed(let session, let successor)):
            #expect(session.id == walk.model.all[index].id && successor == tokens.last)
        case (.reused, .reused(let session)):
            #expect(session.id == walk.model.all[index].id && session.revocation == .reuse)
        case (.refused, .refused): break
        case (_, let outcome): Issue.record("expected \(expected), got \(outcome)")
        }
        return "\(expected)"
    }

    /// By the owner or, in vain, by somebody else.
    private func end(_ walk: inout Walk) async throws -> String {
        guard let index = walk.model.all.indices.suffix(8).randomElement(using: &walk.random) else { return "nothing" }
        let one = walk.model.all[index]
        let user = walk.users.randomElement(using: &walk.random) ?? ""
        let isLogOut = Bool.random(using: &walk.random)
        let ended =
            isLogOut
            ? try await walk.sessions.logOut(id: one.id)
            : try await walk.sessions.end(id: one.id, of: user, .user)
        let isMine = isLogOut || user == one.user
        #expect(ended == (isMine && walk.model.end(index, isLogOut ? .logout : .user, now: walk.now)))
        return ended ? "end" : "endInVain"
    }

    private func endOthers(_ walk: inout Walk) async throws -> String {
        let user = walk.users.randomElement(using: &walk.random) ?? ""
        let kept = walk.model.live(of: user, now: walk.now).randomElement(using: &walk.random)
        _ = try await walk.sessions.endAll(of: user, except: kept, .user)
        walk.model.endAll(of: user, but: kept, .user)
        return "endOthers"
    }

    /// A password is changed in a session, which goes on; one with a credential of before is not.
    private func change(_ walk: inout Walk) async throws -> String {
        let user = walk.users.randomElement(using: &walk.random) ?? ""
        guard let kept = walk.model.live(of: user, now: walk.now).first else { return "nothing" }
        let credential = try #require(try await walk.store.users.credential(ofUser: user))
        #expect(try await walk.credentials.changePassword(of: credential, to: StoreFixture.hash, keeping: kept))
        #expect(try await !walk.credentials.changePassword(of: credential, to: StoreFixture.hash, keeping: kept))
        walk.model.endAll(of: user, but: kept, .passwordChanged)
        let sessions = walk.sessions
        await #expect(throws: CredentialOutdated.self) {
            _ = try await sessions.begin(userID: user, with: credential.version)
        }
        return "change"
    }

    private func reset(_ walk: inout Walk) async throws -> String {
        let index = Int.random(in: 0..<walk.users.count, using: &walk.random)
        let user = try #require(try await walk.store.users.user(id: walk.users[index]))
        try await walk.credentials.requestReset(of: user.email, sendsMail: true)
        let salt = try await walk.store.database.read {
            try $0.first(
                "SELECT token_salt FROM mails WHERE user_id = ? AND kind = 'reset_password' ORDER BY id DESC LIMIT 1",
                .text(user.id)
            ) { try $0.bytes(0) }
        }
        let token = OneTimeToken(.resetPassword, salt: try #require(salt), key: walk.store.credentialKey)
        #expect(try await walk.credentials.reset(token, to: StoreFixture.hash))
        walk.model.endAll(of: user.id, but: nil, .passwordReset)
        // Mail is not what this is about.
        try await walk.store.database.write { _ = try $0.execute("DELETE FROM mails") }
        return "reset"
    }

    /// Every user's list is the model's, and one session is looked at more closely.
    private func compare(_ walk: Walk, _ when: String) async throws {
        for user in walk.users {
            let listed = try await walk.sessions.sessions(of: user, before: nil, limit: 1_000).map(\.id)
            #expect(listed == walk.model.live(of: user, now: walk.now), "\(when)")
        }
        var random = walk.random
        guard let index = walk.model.all.indices.randomElement(using: &random) else { return }
        let one = walk.model.all[index]
        let stored = try await walk.sessions.session(id: one.id)
        #expect((stored == nil) == one.isRemoved, "\(when)")
        guard let stored else { return }
        #expect(stored.revocation == one.ended && stored.refreshedAt == one.refreshed, "\(when)")
        #expect(stored.generation == Int64(one.tokens.count - 1) && stored.createdAt == one.begun, "\(when)")
        #expect(stored.isLive(now: walk.now, under: Self.policy) == walk.model.isLive(index, now: walk.now), "\(when)")
    }
}
