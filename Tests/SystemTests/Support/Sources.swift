import Foundation

/// The Swift sources of the repository, for tests that hold documents against them.
enum Sources {
    /// The paths of all Swift files under `folder`, from the repository's root.
    static func files(under folder: String) -> [String] {
        let root = URL(fileURLWithPath: "\(Programs.root)/\(folder)")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.allObjects ?? []
        return files.compactMap { ($0 as? URL)?.path }.filter { $0.hasSuffix(".swift") }
            .map { String($0.dropFirst(Programs.root.count + 1)) }.sorted()
    }

    /// The text of all of them.
    static func text(under folder: String) throws -> String {
        try files(under: folder).map { try String(contentsOfFile: "\(Programs.root)/\($0)", encoding: .utf8) }
            .joined(separator: "\n")
    }
}
