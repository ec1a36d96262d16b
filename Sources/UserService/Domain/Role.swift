import JSON

/// What somebody may do to others' accounts.
enum Role: String, Sendable, CaseIterable {
    /// Nothing: only his own things. Everybody is one.
    case user
    /// Reads, locks and unlocks users, and ends their sessions.
    case support
    /// Everything, giving and taking roles and reading the audit log included.
    case admin
}

/// The roles of one user: `user`, and what was given beside it.
struct Roles: Sendable, Hashable {
    /// Each once, in the order of ``Role``.
    let all: [Role]

    /// The given roles, and `user` whether it is among them or not.
    init(_ given: some Sequence<Role>) {
        let given = Set(given).union([.user])
        all = Role.allCases.filter(given.contains)
    }

    /// What a user has who was given nothing.
    static let none = Roles([])

    /// The roles as they are in tokens and answers.
    var names: [String] { all.map(\.rawValue) }

    func contains(_ role: Role) -> Bool { all.contains(role) }

    func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for name in names { writer.string(name) }
        writer.endArray()
    }
}

// MARK: - Stored

extension Roles {
    /// The column `roles`: those beside `user`, separated by spaces.
    var stored: String { names.dropFirst().joined(separator: " ") }

    /// - Throws: ``StoredValueInvalid``.
    init(stored: String) throws {
        let roles = stored.split(separator: " ").map { Role(rawValue: String($0)) }
        guard !roles.contains(nil) else { throw StoredValueInvalid("roles") }
        self.init(roles.compactMap(\.self))
    }
}
