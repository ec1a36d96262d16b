/// From where, and with what, somebody uses a session: what its owner recognises it by. Nothing is decided by it.
struct SessionClient: Sendable, Equatable {
    /// The most bytes of a user agent that are kept.
    static let longestAgent = 256
    static let unknown = SessionClient(address: nil, userAgent: nil)

    /// An IP address in text.
    let address: String?
    /// The `User-Agent` field, shortened and cleaned.
    let userAgent: String?

    /// Takes what it is given, as it was stored.
    init(address: String?, userAgent: String?) {
        self.address = address
        self.userAgent = userAgent
    }

    /// Cleans a field from outside: runs of spaces and of characters that do not print (controls, directional marks and
    /// the like) become one space, and what is too long is cut. `nil` when nothing is left.
    static func cleaned(userAgent text: String) -> String? {
        var kept = ""
        var isSpaced = false
        for scalar in text.unicodeScalars {
            guard scalar.isPrintable, scalar != " " else {
                isSpaced = !kept.isEmpty
                continue
            }
            let next = (isSpaced ? " " : "") + String(scalar)
            guard kept.utf8.count + next.utf8.count <= longestAgent else { break }
            kept += next
            isSpaced = false
        }
        return kept.isEmpty ? nil : kept
    }
}

extension Unicode.Scalar {
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: self != "\u{FFFD}"
        }
    }
}
