/// Keeps what must not be logged out of the log: the values of fields whose names say so, and tokens and e-mail
/// addresses wherever they appear. The code that logs should not pass them; this is the second line.
enum Redaction {
    static let mark = "[redacted]"

    private static let secretWords = [
        "password", "passwd", "secret", "token", "authorization", "cookie", "api_key", "apikey", "private_key",
        "credential", "email", "e-mail", "e_mail",
    ]

    /// Whether a field of this name is never shown.
    static func hides(_ name: String) -> Bool {
        let name = name.lowercased()
        return secretWords.contains { name.contains($0) }
    }

    /// `text` with every word that is an e-mail address, a JWT, an API key or a bearer credential replaced.
    static func clean(_ text: String) -> String {
        let bytes = text.utf8
        guard
            bytes.contains(UInt8(ascii: "@")) || text.contains("eyJ") || text.contains(APIKeySecret.mark)
                || text.lowercased().contains("bearer ")
        else {
            return text
        }
        var cleaned = ""
        var word = ""
        var afterBearer = false
        for character in text + " " {
            if isWordCharacter(character) {
                word.append(character)
                continue
            }
            cleaned += afterBearer && !word.isEmpty || isSensitive(word) ? mark : word
            if !word.isEmpty || character != " " { afterBearer = word.lowercased() == "bearer" && character == " " }
            cleaned.append(character)
            word = ""
        }
        return String(cleaned.dropLast())
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "@._-+~/%!#$&'*=?^`{|}".contains(character)
    }

    private static func isSensitive(_ word: String) -> Bool {
        if word.contains("eyJ"), word.filter({ $0 == "." }).count >= 2 { return true }
        if let mark = word.firstRange(of: APIKeySecret.mark), word[mark.lowerBound...].count >= APIKeySecret.length {
            return true
        }
        guard let at = word.lastIndex(of: "@"), at > word.startIndex else { return false }
        return word[word.index(after: at)...].contains(".")
    }
}
