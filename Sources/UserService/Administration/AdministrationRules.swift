/// What support and admins may do to whom: pure, asked inside the transaction of the act.
enum AdministrationRules {
    /// Why an act is refused.
    enum Refusal: String, Sendable, Equatable {
        /// Nobody locks himself, and nobody changes his own roles: the second pair of eyes would be missing.
        case ownAccount = "own_account"
        /// Nobody would be left to give the role back.
        case lastAdmin = "last_admin"
        /// Support acts on those who have no role of their own.
        case outranked = "insufficient_role"
    }

    /// The one who acts, as he is now.
    struct Actor: Sendable, Equatable {
        let id: String
        let roles: Roles
    }

    /// - Parameter otherAdmins: Admins who are not locked, but for the target.
    static func refusalToLock(_ target: AdministeredUser, by actor: Actor, otherAdmins: Int) -> Refusal? {
        if target.id == actor.id { return .ownAccount }
        if let refusal = refusalToTouch(target, by: actor) { return refusal }
        return target.roles.contains(.admin) && otherAdmins == 0 ? .lastAdmin : nil
    }

    /// Unlocking, and ending sessions, which everybody may do to himself.
    static func refusalToTouch(_ target: AdministeredUser, by actor: Actor) -> Refusal? {
        if target.id == actor.id || actor.roles.contains(.admin) { return nil }
        return target.roles == .none ? nil : .outranked
    }

    /// - Parameter otherAdmins: Admins who are not locked, but for the target.
    static func refusalToSetRoles(
        of target: AdministeredUser, to roles: Roles, by actor: Actor, otherAdmins: Int
    ) -> Refusal? {
        if target.id == actor.id { return .ownAccount }
        let loses = target.roles.contains(.admin) && !roles.contains(.admin)
        return loses && otherAdmins == 0 ? .lastAdmin : nil
    }
}
