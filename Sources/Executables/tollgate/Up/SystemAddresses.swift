import Foundation

/// Where the services of a running `up` listen, in a file of its data directory: what other commands ask for is then only
/// the directory.
struct SystemAddresses: Codable, Equatable {
    private static let file = "addresses.json"

    /// The admin port's URL of each service, by its name.
    let adminURLs: [String: String]

    init(_ plans: [ServicePlan]) {
        adminURLs = Dictionary(uniqueKeysWithValues: plans.map { ($0.name, $0.adminURL) })
    }

    /// Reads what the `up` of this directory wrote last.
    /// - Throws: ``Failure`` when there is nothing to read.
    init(readingFrom directory: String) throws {
        guard let data = FileManager.default.contents(atPath: "\(directory)/\(Self.file)"),
            let found = try? JSONDecoder().decode(Self.self, from: data)
        else { throw Failure("\(directory) is not the data directory of a `tollgate up`") }
        self = found
    }

    /// - Throws: ``Failure`` when the file cannot be written.
    func write(to directory: String) throws {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(self).write(to: URL(fileURLWithPath: "\(directory)/\(Self.file)"), options: .atomic)
        } catch {
            throw Failure("cannot write \(directory)/\(Self.file)")
        }
    }
}
