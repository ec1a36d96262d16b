import Foundation

/// A Markdown file of the repository, as far as tests look into it.
struct Document {
    /// A fenced block: its language (`sh`, `json`) and its text.
    struct Block {
        let language: String
        let text: String
    }

    let path: String
    let text: String

    /// Reads the file at `path`, from the repository's root.
    init(_ path: String) throws {
        self.path = path
        text = try String(contentsOfFile: "\(Programs.root)/\(path)", encoding: .utf8)
    }

    /// The fenced blocks, in their order.
    var blocks: [Block] {
        text.matches(of: #/(?ms)^```(?<language>[a-z]*)\n(?<text>.*?)^```$/#).map {
            Block(language: String($0.language), text: String($0.text))
        }
    }

    /// README.md, CONTRIBUTING.md, and everything in docs.
    static func all() throws -> [String] {
        let folder = URL(fileURLWithPath: "\(Programs.root)/docs")
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
        let pages = found.compactMap { ($0 as? URL)?.path }.filter { $0.hasSuffix(".md") }
        return ["README.md", "CONTRIBUTING.md"] + pages.map { String($0.dropFirst(Programs.root.count + 1)) }.sorted()
    }
}

extension Document.Block {
    /// The commands of a shell block: continued lines joined, comments left out.
    var commands: [String] {
        text.replacing("\\\n", with: "").split(separator: "\n").compactMap { line in
            let command = line.replacing(#/(^|\s+)#\s.*$/#, with: "")
            return command.isEmpty ? nil : String(command)
        }
    }

    /// Whether it speaks with a running system.
    var callsTheSystem: Bool { language == "sh" && text.contains("curl") }
}
