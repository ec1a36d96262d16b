import HTTP
import JSON

/// `{email, password, name}`, with every rule checked and every mistake reported; a password that breaks none but is not to
/// be used is 422 `password_refused`.
struct SignUpBody {
    let email: EmailAddress
    let password: Password
    let name: DisplayName

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        let email = reader.value("email", length: 1...254, "must be an e-mail address", EmailAddress.init)
        let password = reader.value(
            "password", "must have \(Password.length.lowerBound) to \(Password.length.upperBound) characters"
        ) { text in Password(chosen: text).map { (text, $0) } }
        let name = reader.displayName()
        try reader.finish()
        guard let email, let password, let name else { throw JSONValidationError(errors: reader.errors) }
        if let refusal = PasswordPolicy.refusal(password.0, email: email, name: name.text) {
            throw Problem.passwordRefused(refusal, member: "password")
        }
        (self.email, self.password, self.name) = (email, password.1, name)
    }
}

/// `{name}`: what a user may change.
struct ProfileBody {
    let name: DisplayName

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        let name = reader.displayName()
        try reader.finish()
        guard let name else { throw JSONValidationError(errors: reader.errors) }
        self.name = name
    }
}

/// `{email, password, code? | recovery_code?}` of a login. Only the types are checked: an address that cannot exist is one that is not known.
struct LoginBody {
    let email: EmailAddress?
    let password: Password
    /// A second factor, where the client has it ready.
    let proof: FactorProof?

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        email = EmailAddress(reader.string("email"))
        let password = reader.value("password", "must not be empty", Password.init(given:))
        proof = FactorProof(&reader)
        try reader.finish()
        guard let password else { throw JSONValidationError(errors: reader.errors) }
        self.password = password
    }
}

/// `{refresh_token}`; nil when it cannot be one of ours.
struct RefreshBody {
    let token: RefreshToken?

    init(_ reader: JSONObjectReader) throws {
        var reader = reader
        token = RefreshToken(reader.string("refresh_token"))
        try reader.finish()
    }
}

extension JSONObjectReader {
    /// A string that `make` turns into a value of the domain, or else an error with the text of the rule.
    fileprivate mutating func value<T>(
        _ name: String, length: ClosedRange<Int> = 1...1024, _ rule: String, _ make: (String) -> T?
    ) -> T? {
        let known = errors.count
        let text = string(name, length: length)
        guard errors.count == known else { return nil }
        guard let value = make(text) else {
            fail(name, rule)
            return nil
        }
        return value
    }

    mutating func displayName() -> DisplayName? {
        value(
            "name",
            "must have \(DisplayName.length.lowerBound) to \(DisplayName.length.upperBound) characters on one line",
            DisplayName.init)
    }
}
