import Chassis
import ServiceStorage
import Storage

/// What support and admins do to users: each act, its events and its line in the audit log are one transaction.
struct AdministrationStore: Sendable {
    /// What became of an act.
    enum Outcome: Sendable, Equatable {
        /// The user as he is now; an act that changes nothing is done, too, and leaves no line.
        case done(AdministeredUser)
        case missing
        /// The user is at another version than the caller had seen.
        case conflict
        case refused(AdministrationRules.Refusal)
    }

    /// Who acts, and from where.
    struct Actor: Sendable {
        let rules: AdministrationRules.Actor
        let origin: AuditOrigin
        /// The session that he acts in; nil for one that is not asked for.
        var authority: SessionAuthority?

        /// Whether he still is what he was when his request was let in, which may take its time to arrive.
        /// - Throws: ``Problem`` 401 `session_revoked`.
        func isUnchanged(in reader: any Reader) throws -> Bool {
            guard let authority else { return true }
            try authority.expect(in: reader)
            return try Standing.of(rules.id, in: reader) == Standing(roles: rules.roles, isLocked: false)
        }
    }

    let database: any Database
    let clock: any WallClock
    let identifiers: any IdentifierGenerator
    let policy: SessionPolicy

    var audit: AuditLog { AuditLog(database: database, clock: clock, identifiers: identifiers) }

    // MARK: - Acts

    /// Locks a user and ends all his sessions. His keys stay, and are refused until he is unlocked.
    func lock(
        _ id: String, reason: String, by actor: Actor, if condition: @escaping @Sendable (Int64) -> Bool
    ) async throws -> Outcome {
        try await act(.lock, on: id, by: actor, if: condition) { user, now, transaction in
            let others = try Self.admins(but: id, in: transaction)
            if let refusal = AdministrationRules.refusalToLock(user, by: actor.rules, otherAdmins: others) {
                return .refuse(refusal)
            }
            guard user.lock == nil else { return .leave }
            try SessionStore.revokeAll(of: id, .lock, identifiers: identifiers, now: now, in: transaction)
            try transaction.record(.userLocked(user: id), id: identifiers.make("evt"), now: now)
            return .change { $0.lock = .init(since: now, reason: reason) }
        }
    }

    /// Lets a user in again. Sessions that were ended stay ended.
    func unlock(
        _ id: String, by actor: Actor, if condition: @escaping @Sendable (Int64) -> Bool
    ) async throws -> Outcome {
        try await act(.unlock, on: id, by: actor, if: condition) { user, now, transaction in
            if let refusal = AdministrationRules.refusalToTouch(user, by: actor.rules) { return .refuse(refusal) }
            guard user.lock != nil else { return .leave }
            try transaction.record(.userUnlocked(user: id), id: identifiers.make("evt"), now: now)
            return .change { $0.lock = nil }
        }
    }

    /// Gives a user these roles and no others. Tokens that say others are void; a refresh gives one that is right.
    func setRoles(
        of id: String, to roles: Roles, by actor: Actor, if condition: @escaping @Sendable (Int64) -> Bool
    ) async throws -> Outcome {
        try await act(.setRoles, on: id, by: actor, if: condition) { user, now, transaction in
            let others = try Self.admins(but: id, in: transaction)
            if let refusal = AdministrationRules.refusalToSetRoles(
                of: user, to: roles, by: actor.rules, otherAdmins: others)
            {
                return .refuse(refusal)
            }
            guard user.roles != roles else { return .leave }
            try transaction.record(
                .userRolesChanged(user: id, roles: roles), id: identifiers.make("evt"), now: now)
            return .change { $0.roles = roles }
        }
    }

    /// Ends all sessions of a user.
    func endSessions(of id: String, by actor: Actor) async throws -> Outcome {
        let now = clock.now
        return try await database.write { transaction in
            let isUnchanged = try actor.isUnchanged(in: transaction)
            guard let user = try Self.user(id: id, in: transaction) else { return .missing }
            let refusal = AdministrationRules.refusalToTouch(user, by: actor.rules)
            if let refusal = isUnchanged ? refusal : .outranked {
                try note(refusal, .endSessions, id, actor, now, transaction)
                return .refused(refusal)
            }
            let count = try Self.liveSessions(of: id, now: now, policy, in: transaction)
            try SessionStore.revokeAll(of: id, .admin, identifiers: identifiers, now: now, in: transaction)
            let entry = AuditEntry(
                action: .endSessions, target: id, before: #"{"sessions":\#(count)}"#, after: #"{"sessions":0}"#)
            try audit.append(entry, by: actor.origin, now: now, in: transaction)
            return .done(user)
        }
    }

    // MARK: - The frame of an act

    /// What is to happen to the user.
    private enum Decision {
        case refuse(AdministrationRules.Refusal)
        /// He is as wanted already.
        case leave
        case change((inout AdministeredUser) -> Void)
    }

    private func act(
        _ action: AuditAction, on id: String, by actor: Actor,
        if condition: @escaping @Sendable (Int64) -> Bool,
        _ decide: @escaping @Sendable (AdministeredUser, Int64, any Transaction) throws -> Decision
    ) async throws -> Outcome {
        let now = clock.now
        return try await database.write { transaction in
            let isUnchanged = try actor.isUnchanged(in: transaction)
            guard let user = try Self.user(id: id, in: transaction) else { return .missing }
            guard condition(user.version) else { return .conflict }
            switch isUnchanged ? try decide(user, now, transaction) : .refuse(.outranked) {
            case .refuse(let refusal):
                try note(refusal, action, id, actor, now, transaction)
                return .refused(refusal)
            case .leave:
                return .done(user)
            case .change(let change):
                var changed = user
                change(&changed)
                changed.version += 1
                try Self.save(changed, now: now, in: transaction)
                let entry = AuditEntry(
                    action: action, target: id, before: user.auditText, after: changed.auditText)
                try audit.append(entry, by: actor.origin, now: now, in: transaction)
                return .done(changed)
            }
        }
    }

    /// A refusal by a rule is remembered, too: a normal return, so that its line is kept.
    private func note(
        _ refusal: AdministrationRules.Refusal, _ action: AuditAction, _ id: String, _ actor: Actor, _ now: Int64,
        _ transaction: any Transaction
    ) throws {
        guard refusals.admits(actor.origin.actor, now: now) else { return }
        let entry = AuditEntry(action: action, outcome: .refused(code: refusal.rawValue), target: id)
        try audit.append(entry, by: actor.origin, now: now, in: transaction)
    }

    /// Bounds the lines about refusals.
    let refusals: RefusalAllowance
}
