import HTTP
import HTTPTypes
import JSON

/// `{email}` of a request that sends a mail. Only the type is checked: an address that cannot exist is one that is not known.
struct EmailBody {
    let email: EmailAddress?

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        email = EmailAddress(reader.string("email"))
        try reader.finish()
    }
}

/// `{token}`; nil when it cannot be one of ours.
struct VerificationBody {
    let token: OneTimeToken?

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        token = OneTimeToken(reader.string("token"), for: .verifyEmail)
        try reader.finish()
    }
}

/// `{token, new_password}`.
struct ResetBody {
    let token: OneTimeToken?
    let newPassword: String

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        token = OneTimeToken(reader.string("token"), for: .resetPassword)
        newPassword = reader.string("new_password")
        try reader.finish()
    }
}

/// `{current_password, new_password}`.
struct PasswordChangeBody {
    let current: Password
    let newPassword: String

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        let current = Password(given: reader.string("current_password"))
        newPassword = reader.string("new_password")
        try reader.finish()
        guard let current else { throw JSONValidationError(errors: reader.errors) }
        self.current = current
    }
}

/// `{password, email?, name?}`.
struct PasswordCheckBody {
    let password: String
    let email: EmailAddress?
    let name: String?

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        password = reader.string("password")
        email = reader.optionalString("email").flatMap(EmailAddress.init)
        name = reader.optionalString("name")
        try reader.finish()
    }
}

extension Password {
    /// A password that somebody chooses for an account, where the policy allows it.
    /// - Parameter member: The body's member that it came from.
    /// - Throws: ``Problem`` 422 `password_refused` that says why; never the password.
    init(chosen text: String, email: EmailAddress, name: DisplayName, member: String) throws(Problem) {
        if let refusal = PasswordPolicy.refusal(text, email: email, name: name.text) {
            throw Problem.passwordRefused(refusal, member: member)
        }
        guard let password = Password(chosen: text) else {
            throw Problem.passwordRefused(.tooShort, member: member)
        }
        self = password
    }
}

extension Problem {
    /// 422 `password_refused`: well-formed, but not to be used as a password.
    static func passwordRefused(_ refusal: PasswordPolicy.Refusal, member: String) -> Problem {
        Problem(
            .unprocessableContent, "password_refused", detail: "The password \(refusal.detail). Choose another one.",
            errors: [.init(pointer: "/\(member)", detail: refusal.detail)])
    }
}
