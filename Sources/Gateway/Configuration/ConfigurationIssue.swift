/// One thing that is wrong in a configuration file, and where.
public struct ConfigurationIssue: Error, Sendable, Hashable, CustomStringConvertible {
    /// Line in the file, counted from 1.
    public var line: Int
    /// Column in the line, counted from 1 in Unicode scalars.
    public var column: Int
    /// The value's place in the document, such as `routes[2].upstream`; empty for the document itself.
    public var path: String
    /// What is wrong and what is allowed, without a full stop.
    public var message: String

    /// `12:5: routes[2].upstream: …`, the form that editors and compilers jump to.
    public var description: String {
        path.isEmpty ? "\(line):\(column): \(message)" : "\(line):\(column): \(path): \(message)"
    }
}

/// All that is wrong in one configuration file, in the order of the lines. Never empty.
public struct ConfigurationErrors: Error, Sendable, CustomStringConvertible {
    /// The file's name as it was given, put before each line.
    public var file: String
    /// What is wrong, sorted by position.
    public var issues: [ConfigurationIssue]

    /// One line per issue: `gateway.yaml:12:5: routes[2].upstream: …`.
    public var description: String {
        issues.map { "\(file):\($0)" }.joined(separator: "\n")
    }
}

/// Collects issues while a document is read, so that one run reports all of them.
final class IssueList {
    private(set) var issues: [ConfigurationIssue] = []

    func add(_ message: String, at mark: SourceMark, path: String) {
        issues.append(.init(line: mark.line, column: mark.column, path: path, message: message))
    }

    /// The issues by position; those of one position in the order in which they were found.
    var sorted: [ConfigurationIssue] {
        // Swift's sort is stable.
        issues.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}

/// A position in a configuration file.
struct SourceMark: Sendable, Hashable {
    var line: Int
    var column: Int

    static let start = SourceMark(line: 1, column: 1)
}
