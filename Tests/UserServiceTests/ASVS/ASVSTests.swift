import Foundation
import Testing

@testable import UserService

/// OWASP ASVS 5.0.0, chapters V6 to V10, requirement by requirement.
@Suite("OWASP ASVS 5.0") struct ASVSTests {
    @Test(arguments: ASVSRequirement.all.filter { $0.check != nil })
    func requirement(_ requirement: ASVSRequirement) async throws {
        try await requirement.check?()
    }

    /// What is said to be tested is; what asks for a document has one; levels 1 and 2 are not passed over in silence.
    @Test func everyVerdictHasItsReason() throws {
        let page = Self.root.appendingPathComponent("docs/security/asvs.md")
        for requirement in ASVSRequirement.all {
            switch requirement.verdict {
            case .tested: #expect(requirement.check != nil, "\(requirement.number)")
            case .documented(let path):
                let file = String(path.prefix { $0 != "#" })
                let document = URL(fileURLWithPath: file.isEmpty ? page.lastPathComponent : file, relativeTo: page)
                #expect(FileManager.default.fileExists(atPath: document.path), "\(requirement.number): \(path)")
            case .notApplicable(let reason), .differs(let reason):
                #expect(reason.count > 10, "\(requirement.number)")
            }
        }
    }

    @Test func thePageShowsTheTableOfTheTests() throws {
        let page = try String(
            contentsOf: Self.root.appendingPathComponent("docs/security/asvs.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| ") && isNumbered($0) }
        let wanted = ASVSRequirement.all.map(\.row)
        #expect(Set(ASVSRequirement.all.map(\.number)).count == wanted.count)
        let missing = wanted.filter { !rows.contains($0) }
        #expect(rows == wanted, "The page lacks:\n\(missing.joined(separator: "\n"))")
    }

    /// How many requirements a chapter of the standard has at all levels.
    @Test(arguments: [(6, 47), (7, 19), (8, 13), (9, 7), (10, 36)])
    func noRequirementOfAChapterIsLeftOut(_ chapter: Int, _ count: Int) {
        #expect(ASVSRequirement.all.count { $0.number.hasPrefix("\(chapter).") } == count)
    }

    private func isNumbered(_ row: String) -> Bool {
        let number = row.dropFirst(2).prefix { $0 != " " }
        return number.contains(".") && number.allSatisfy { $0.isNumber || $0 == "." }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
