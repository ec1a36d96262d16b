/// Keeps what must not be logged out of the log: the values of fields whose names say so, and tokens and e-mail
/// addresses wherever they appear. The code that logs should not pass them; this is the second line.
enum Redaction {
    static let mark = "[redacted]"

    private static let secretWords = [
        "password", "passwd", "secret", "token", "authorization", "cookie", "api_key", "apikey", "private_key",
        "credential", "email", "e-mail", "e_mail",
    ].map { Array($0.utf8) }

    /// Whether a field of this name is never shown. Asked for each field of each line, so it compares bytes: a search for
    /// one text in another makes a table first.
    static func hides(_ name: String) -> Bool {
        let bytes = name.utf8
        return bytes.indices.contains { start in
            let rest = bytes[start...]
            return secretWords.contains { rest.starts(with: $0) { byte, letter in lowerCase(byte) == letter } }
        }
    }

    private static func lowerCase(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    /// `text` with every word that is an e-mail address, a JWT, an API key or a bearer credential replaced.
    static func clean(_ text: String) -> String {
        guard mayBeSensitive(text) else { return text }
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

    /// Whether a text is worth the whole look: what has to be hidden has one of these pairs of bytes or an `@` in it, most
    /// texts have none. `yJ` is of `eyJ`, the `_` of an API key's mark, the space behind `bearer`.
    private static func mayBeSensitive(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { mayBeSensitive($0) } ?? mayBeSensitive(text.utf8)
    }

    private static func mayBeSensitive(_ text: some Sequence<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "@"): return true
            case UInt8(ascii: "J") where previous == UInt8(ascii: "y"): return true
            case UInt8(ascii: "_") where previous == markEnd: return true
            case UInt8(ascii: " ") where previous | 0x20 == UInt8(ascii: "r"): return true
            default: break
            }
            previous = byte
        }
        return false
    }

    /// The last letter of an API key's mark before its underscore.
    private static let markEnd = APIKeySecret.mark.utf8.dropLast().last ?? 0

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
