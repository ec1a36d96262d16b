import Chassis
import HTTP
import HTTPTypes
import JSON
import ServiceStorage

/// `{reason}`: why a user is locked, for colleagues. One line of 1 to 500 characters.
struct LockBody {
    let reason: String

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        let text = reader.string("reason", length: 1...500)
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            reader.fail("reason", "must not hold control characters or line breaks")
        }
        try reader.finish()
        reason = text
    }
}

/// `{roles}`: all of them; `user` may be left out, since everybody is one.
struct RolesBody {
    let roles: Roles

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        let names = reader.strings("roles", count: 0...Role.allCases.count, length: 1...32)
        let roles = names.map(Role.init(rawValue:))
        for (index, role) in roles.enumerated() {
            if role == nil {
                reader.fail(
                    "roles", element: index,
                    "must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
            } else if names[..<index].contains(names[index]) {
                reader.fail("roles", element: index, "is there twice")
            }
        }
        try reader.finish()
        self.roles = Roles(roles.compactMap(\.self))
    }
}

extension AdministrationStore.Filter {
    /// `?status=`, `?role=`, and either `?email=` or `?email_prefix=`.
    /// - Throws: ``Problem`` 400 `invalid_query`.
    init(_ query: Query) throws(Problem) {
        state = try query.choice("status", State.self)
        role = try query.choice("role", Role.self)
        switch (query["email"], query["email_prefix"]) {
        case (nil, nil): search = nil
        case (let email?, nil):
            guard let address = EmailAddress(email) else {
                throw Problem.invalidQuery("email must be an e-mail address.")
            }
            search = .email(address.exposed)
        case (nil, let prefix?):
            let text = prefix.lowercased()
            guard (3...254).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Problem.invalidQuery("email_prefix must be the first 3 characters of an address or more.")
            }
            search = .emailPrefix(text)
        default: throw Problem.invalidQuery("Give either email or email_prefix.")
        }
    }
}

extension AuditLog.Filter {
    /// `?actor=`, `?target=` and `?action=`.
    /// - Throws: ``Problem`` 400 `invalid_query`.
    init(_ query: Query) throws(Problem) {
        self.init(
            actor: query["actor"], target: query["target"],
            action: try query.choice("action", AuditAction.self)?.rawValue)
    }
}

extension Query {
    fileprivate func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Choice.Type
    ) throws(Problem) -> Choice? where Choice.RawValue == String {
        guard let text = self[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.invalidQuery("\(name) must be one of \(all).")
        }
        return choice
    }
}

extension Problem {
    /// 400 `invalid_query`.
    fileprivate static func invalidQuery(_ detail: String) -> Problem {
        Problem(.badRequest, "invalid_query", detail: detail)
    }
}
