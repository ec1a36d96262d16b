import Chassis

/// A processor's report as a file: CSV with the head `key,kind,amount,currency,state,created_at` and one line for each
/// order.
public struct ReportFile: Sendable {
    static let head = "key,kind,amount,currency,state,created_at"

    private let byKey: [String: Settlement]
    private let sorted: [Settlement]

    /// Reads a report.
    ///
    /// - Throws: ``ReportError`` with the line that is wrong.
    public init(_ text: String) throws(ReportError) {
        var byKey: [String: Settlement] = [:]
        // CR LF is one character, and a new line as LF is.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            if index == 0 {
                guard line == Self.head else { throw ReportError(line: 1, detail: "must be \(Self.head)") }
            } else if !line.isEmpty {
                let settlement = try Settlement(csv: line, line: index + 1)
                guard byKey.updateValue(settlement, forKey: settlement.key) == nil else {
                    throw ReportError(line: index + 1, detail: "\(settlement.key) was there before")
                }
            }
        }
        self.byKey = byKey
        sorted = byKey.values.sorted { $0.key < $1.key }
    }
}

extension ReportFile: SettlementBook {
    func settlements(after key: String?, limit: Int) async throws -> [Settlement] {
        guard let key else { return Array(sorted.prefix(limit)) }
        // The first one behind the key, by halves.
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].key <= key { low = middle + 1 } else { high = middle }
        }
        return Array(sorted[low...].prefix(limit))
    }

    func settlement(_ key: String) async throws -> Settlement? { byKey[key] }
}

/// What is wrong with a report.
public struct ReportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    public let line: Int
    /// What must be there.
    public let detail: String

    /// `line 3: …`
    public var description: String { "line \(line): \(detail)" }
}

extension Settlement {
    /// One line of a report.
    var csv: String {
        "\(key),\(kind.rawValue),\(amount),\(currency),\(state.rawValue),\(RFC3339.string(createdAt))"
    }

    fileprivate init(csv: Substring, line: Int) throws(ReportError) {
        let values = csv.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard values.count == 6 else { throw ReportError(line: line, detail: "must have six values") }
        guard !values[0].isEmpty else { throw ReportError(line: line, detail: "has no key") }
        guard let kind = Kind(rawValue: values[1]) else {
            throw ReportError(line: line, detail: "the kind must be charge or payout")
        }
        guard let amount = Int64(values[2]), amount > 0 else {
            throw ReportError(line: line, detail: "the amount must be a whole number of minor units")
        }
        guard Currency(code: values[3]) != nil else {
            throw ReportError(line: line, detail: "the currency must be a code of ISO 4217")
        }
        guard let state = State(rawValue: values[4]) else {
            throw ReportError(line: line, detail: "the state must be pending, succeeded or declined")
        }
        guard let createdAt = RFC3339.milliseconds(values[5]) else {
            throw ReportError(line: line, detail: "the time must be one of RFC 3339")
        }
        self.init(key: values[0], kind: kind, amount: amount, currency: values[3], state: state, createdAt: createdAt)
    }
}
