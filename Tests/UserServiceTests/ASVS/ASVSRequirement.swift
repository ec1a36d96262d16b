import Testing

/// One requirement of OWASP ASVS 5.0.0, and what becomes of it here. docs/security/asvs.md shows the same table to people.
struct ASVSRequirement: Sendable, CustomTestStringConvertible {
    typealias Check = @Sendable () async throws -> Void

    enum Verdict: Sendable {
        /// The check shows it.
        case tested
        /// It asks for a document, which is this one: a path from the folder of the page.
        case documented(String)
        /// There is nothing here that it is about.
        case notApplicable(String)
        /// It is met in another way, in part, or not. Where there is a check, it shows what there is.
        case differs(String)
    }

    /// As in the standard, without its V.
    let number: String
    /// The lowest level that asks for it, 1 to 3.
    let level: Int
    /// The requirement, shortened.
    let text: String
    let verdict: Verdict
    var check: Check?

    var testDescription: String { "\(number) \(text)" }

    /// Its line in the table of the page.
    var row: String {
        let answer =
            switch verdict {
            case .tested: "tested"
            case .documented(let path): "[documented](\(path))"
            case .notApplicable(let reason): "not applicable: \(reason)"
            case .differs(let reason): "differs: \(reason)" + (check == nil ? "" : " (tested as far as it goes)")
            }
        return "| \(number) | \(level) | \(text) | \(answer) |"
    }

    static func tested(_ number: String, _ level: Int, _ text: String, _ check: @escaping Check) -> Self {
        Self(number: number, level: level, text: text, verdict: .tested, check: check)
    }

    static func documented(_ number: String, _ level: Int, _ text: String, in path: String) -> Self {
        Self(number: number, level: level, text: text, verdict: .documented(path))
    }

    static func notApplicable(_ number: String, _ level: Int, _ text: String, _ reason: String) -> Self {
        Self(number: number, level: level, text: text, verdict: .notApplicable(reason))
    }

    static func differs(
        _ number: String, _ level: Int, _ text: String, _ reason: String, _ check: Check? = nil
    ) -> Self {
        Self(number: number, level: level, text: text, verdict: .differs(reason), check: check)
    }

    /// Chapters V6 to V10, in their order.
    static let all =
        passwords + authentication + recovery + factors + sessions + sessionEnds + authorization + tokens + oauth
}
