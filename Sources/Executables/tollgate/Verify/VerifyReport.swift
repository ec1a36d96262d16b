import Chassis
import Foundation
import JSON
import PaymentsService

/// What was found in one database.
struct VerifyReport: Sendable {
    /// From the top of the folder.
    let path: String
    let verification: Verification

    private static let paymentsDatabase = "payments-service.sqlite"

    /// Checks every database in the folder, or one level below it.
    ///
    /// - Throws: ``Failure`` when there is none, or one cannot be read.
    static func all(in data: String, limit: Int) async throws(Failure) -> [VerifyReport] {
        let paths = try databases(in: data)
        guard !paths.isEmpty else { throw Failure("there is no database in \(data)") }
        var reports: [VerifyReport] = []
        for path in paths { reports.append(try await report(path, in: data, limit: limit)) }
        return reports
    }

    private static func report(_ path: String, in data: String, limit: Int) async throws(Failure) -> VerifyReport {
        let file = "\(data)/\(path)"
        do {
            let verification =
                path.hasSuffix(paymentsDatabase)
                ? try await Verification.ofPayments(file, limit: limit)
                : try await Verification.ofAnyDatabase(file, limit: limit)
            return VerifyReport(path: path, verification: verification)
        } catch {
            throw Failure("cannot verify \(file): \(error)")
        }
    }

    private static func databases(in data: String) throws(Failure) -> [String] {
        var found: [String] = []
        for name in try list(data) {
            if name.hasSuffix(".sqlite") { found.append(name) }
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(data)/\(name)", isDirectory: &isFolder), isFolder.boolValue
            else { continue }
            found += try list("\(data)/\(name)").filter { $0.hasSuffix(".sqlite") }.map { "\(name)/\($0)" }
        }
        return found.sorted()
    }

    private static func list(_ folder: String) throws(Failure) -> [String] {
        do { return try FileAccess.list(folder) } catch { throw Failure("\(error)") }
    }
}

extension VerifyReport {
    /// A table for people.
    static func text(_ reports: [VerifyReport]) -> [String] {
        let findings = reports.flatMap(\.verification.findings)
        let broken = findings.count { $0.count > 0 }
        let summary =
            broken == 0
            ? "\(findings.count) checks, all of them hold" : "\(broken) of \(findings.count) checks found something"
        return reports.flatMap(\.lines) + [summary]
    }

    private var lines: [String] {
        [path] + verification.sums.map(Self.line) + verification.findings.flatMap(Self.lines)
    }

    private static func line(_ sum: Verification.Sum) -> String {
        "  \(sum.currency)   \(sum.accounts) accounts, debits \(sum.debits), credits \(sum.credits)"
    }

    private static func lines(of finding: Verification.Finding) -> [String] {
        let name = finding.invariant.name.padding(toLength: 26, withPad: " ", startingAt: 0)
        guard finding.count > 0 else { return ["  \(name)holds"] }
        let rows = finding.faults.map { "      \($0.row): \($0.detail)" }
        let rest = finding.count > rows.count ? ["      … and \(finding.count - rows.count) more"] : []
        return ["  \(name)BROKEN by \(finding.count)", "    \(finding.invariant.meaning)"] + rows + rest
    }

    /// `{clean, databases: [{path, clean, currencies, invariants}]}`.
    static func json(_ reports: [VerifyReport]) -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("clean", reports.allSatisfy(\.verification.isClean))
        json.key("databases")
        json.beginArray()
        for report in reports {
            report.verification.write(to: &json) { json in json.member("path", report.path) }
        }
        json.endArray()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
