import Chassis
import Foundation
import JSON
import Storage
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct InvariantTests {
    @Test func aHealthyDatabaseIsClean() async throws {
        let healthy = try await HealthyBank()
        let verification = try await Verification.ofPayments(healthy.path)
        #expect(verification.isClean, "\(verification.broken)")
        #expect(verification.findings.map(\.invariant.name) == Invariant.all.map(\.name))
        #expect(verification.sums.map(\.currency) == ["JPY", "USD"])
        #expect(verification.sums.map(\.debits) == [16, 251])
        #expect(verification.sums.map(\.credits) == [16, 251])
    }

    @Test("Each fault is found, and nothing else", arguments: PlantedFault.all)
    func finds(fault: PlantedFault) async throws {
        let healthy = try await HealthyBank()
        try await healthy.plant(fault.sql)
        let verification = try await Verification.ofPayments(healthy.path)
        #expect(!verification.isClean)
        #expect(
            fault.others.union([fault.finding]).isSuperset(of: verification.broken.keys), "\(verification.broken)")
        #expect(verification.broken[fault.finding]?.count == fault.rows, "\(verification.broken)")
    }

    @Test func everyInvariantHasItsFault() {
        #expect(Set(PlantedFault.all.map(\.finding)) == Set(Invariant.all.map(\.name)))
        #expect(Set(Invariant.all.map(\.name)).count == Invariant.all.count)
    }

    /// A ledger of a hundred thousand payments took minutes while two of them did.
    @Test("No check joins two lists by looking at every pair", arguments: Invariant.all)
    func plan(invariant: Invariant) async throws {
        guard case .rows(let sql) = invariant.evidence else { return }
        let bank = try await StoreFixture()
        let plan = ("EXPLAIN QUERY PLAN " as SQL) + sql
        let steps = try await bank.database.read { try $0.all(plan) { try $0.string(3) } }
        let scans = steps.filter { $0.hasPrefix("SCAN") && $0.hasSuffix("LEFT-JOIN") }
        #expect(!steps.isEmpty && scans.isEmpty, "\(invariant.name): \(scans)")
    }

    @Test("A purge of what is old enough breaks nothing")
    func purged() async throws {
        let healthy = try await HealthyBank()
        let store = healthy.bank.store
        while try await store.distribute().count > 0 {}
        healthy.bank.clock.advance(milliseconds: PaymentsStore.keyLifetimeMilliseconds * 10)
        _ = try await healthy.bank.account(of: "ann", holding: 1)
        #expect(try await store.purgeEvents(olderThan: PaymentsStore.keyLifetimeMilliseconds) > 0)
        #expect(try await store.purgeKeys() > 0)
        let verification = try await Verification.ofPayments(healthy.path)
        #expect(verification.isClean, "\(verification.broken)")
    }

    @Test func rowsAreCountedAndBounded() async throws {
        let healthy = try await HealthyBank()
        try await healthy.plant("UPDATE entries SET balance = balance + sequence")
        let verification = try await Verification.ofPayments(healthy.path, limit: 2)
        let finding = try #require(verification.findings.first { $0.count > 0 })
        #expect(finding.faults.count == 2)
        #expect(finding.count > 2)
        var json = JSONWriter()
        verification.write(to: &json) { $0.member("path", "p") }
        let document = try JSONValue(parsing: json.bytes)
        #expect(document["clean"]?.bool == false && document["path"]?.string == "p")
        let listed = document["invariants"]?.array?.first { $0["name"]?.string == finding.invariant.name }
        #expect(listed?["count"]?.integer == Int64(finding.count))
        #expect(listed?["rows"]?.array?.count == 2)
        #expect(listed?["rows"]?.array?.first?["row"]?.string == finding.faults.first?.row)
    }

    @Test func anotherSchemaIsRefused() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("old.sqlite")
        try await SQLiteDatabase.open(path: path, migrations: Array(Schema.migrations.dropLast())).close()
        let known = Schema.migrations.count
        await #expect(throws: DatabaseError.schemaTooOld(found: known - 1, known: known)) {
            _ = try await Verification.ofPayments(path)
        }
        let any = try await Verification.ofAnyDatabase(path)
        #expect(any.isClean && any.findings.count == 2)
    }

    /// docs/ledger.md says what each invariant is called and means, in the same words.
    @Test func thePageAndTheInvariantsAgree() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/ledger.md").standardizedFileURL
        let rows = try String(contentsOf: page, encoding: .utf8).matches(of: #/(?m)^\| `([a-z_]+)` \| (.*) \|$/#)
        #expect(rows.map { "\($0.1): \($0.2)" } == Invariant.all.map { "\($0.name): \($0.meaning)" })
    }
}

extension Verification {
    /// What does not hold, with its rows.
    var broken: [String: [Fault]] {
        Dictionary(uniqueKeysWithValues: findings.filter { $0.count > 0 }.map { ($0.invariant.name, $0.faults) })
    }
}
