/// What a password that somebody chooses may not be: common, or their own name. There are no rules of composition
/// (NIST SP 800-63B §3.1.1.2, OWASP ASVS 5.0 6.2).
enum PasswordPolicy {
    /// Why a password is refused.
    enum Refusal: String, Sendable {
        case tooShort = "too_short"
        case tooLong = "too_long"
        /// One of the most common ones, or one character repeated.
        case common
        /// The e-mail address, a part of it, or the name.
        case personal

        /// For people.
        var detail: String {
            let length = Password.length
            return switch self {
            case .tooShort, .tooLong: "must have \(length.lowerBound) to \(length.upperBound) characters"
            case .common: "is one of the most common passwords, which are tried first"
            case .personal: "is the account's own name or e-mail address"
            }
        }
    }

    /// Checks a password against the account that it is for.
    static func refusal(_ text: String, email: EmailAddress?, name: String?) -> Refusal? {
        let password = text.normalisedC
        let count = password.unicodeScalars.count
        if count < Password.length.lowerBound { return .tooShort }
        if count > Password.length.upperBound { return .tooLong }
        let folded = password.lowercased()
        if isCommon(folded) { return .common }
        return isPersonal(folded, email: email?.exposed, name: name) ? .personal : nil
    }

    private static func isCommon(_ folded: String) -> Bool {
        let scalars = folded.unicodeScalars
        return CommonPasswords.contains(Array(folded.utf8)) || scalars.allSatisfy { $0 == scalars.first }
    }

    private static func isPersonal(_ folded: String, email: String?, name: String?) -> Bool {
        let core = letters(folded)
        var own: [String] = []
        if let email {
            let parts = email.split(separator: "@").map(String.init)
            own += [email, email.replacing("@", with: ""), parts[0]]
        }
        if let name { own += [name.normalisedC.lowercased()] }
        return own.contains { candidate in
            let bare = letters(candidate)
            return folded == candidate || (bare.count >= 4 && core == bare)
        }
    }

    /// The letters alone: digits and signs around a name make no secret of it.
    private static func letters(_ text: String) -> String { text.filter(\.isLetter) }
}
