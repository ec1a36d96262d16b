import Chassis
import HTTP
import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct StatementTests {
    private static let day: Int64 = 86_400_000

    /// Ten deposits of 1 to 10, one a day, the first one now.
    private func tenDays(_ bank: StoreFixture, name: String? = nil) async throws -> (id: String, start: Int64) {
        let id = try await bank.account(of: "ann")
        if let name {
            _ = try await bank.store.rename(id, of: "ann", to: AccountName(name)) { _ in true }
        }
        let start = bank.clock.now
        for amount in 1...10 {
            try await bank.deposit(Int64(amount), into: id, of: "ann")
            bank.clock.advance(milliseconds: Self.day)
        }
        return (id, start)
    }

    private func statement(
        _ bank: StoreFixture, _ id: String, _ from: Int64, _ to: Int64
    ) async throws -> Statement {
        let period = try #require(StatementPeriod(from: from, to: to))
        return try #require(try await bank.store.statement(of: id, of: "ann", for: period))
    }

    @Test("The first moment is in it, the last one is not; empty periods have the balance of their time")
    func bounds() async throws {
        let bank = try await StoreFixture()
        let (id, start) = try await tenDays(bank)
        let cases: [(Int64, Int64, before: Int64, last: Int64, opening: Int64, closing: Int64)] = [
            (0, 10 * Self.day, 0, 10, 0, 55), (0, 1, 0, 1, 0, 1), (1, Self.day, 1, 1, 1, 1),
            (Self.day, 2 * Self.day, 1, 2, 1, 3), (-9 * Self.day, 0, 0, 0, 0, 0),
            (9 * Self.day, 20 * Self.day, 9, 10, 45, 55), (30 * Self.day, 31 * Self.day, 10, 10, 55, 55),
        ]
        for (from, to, before, last, opening, closing) in cases {
            let statement = try await statement(bank, id, start + from, start + to)
            #expect((statement.before, statement.last) == (before, last), "\(from) \(to)")
            #expect((statement.opening, statement.closing) == (opening, closing), "\(from) \(to)")
        }
        let period = try #require(StatementPeriod(from: start, to: start + 1))
        #expect(try await bank.store.statement(of: id, of: "bob", for: period) == nil)
        #expect(try await bank.store.statement(of: "sys_processor_USD", of: "ann", for: period) == nil)
    }

    @Test("Periods that meet hold every entry once, also when a clock went back")
    func tiles() async throws {
        let bank = try await StoreFixture()
        let id = try await bank.account(of: "ann")
        let start = bank.clock.now
        for amount in 1...40 {
            try await bank.deposit(Int64(amount), into: id, of: "ann")
            bank.clock.advance(milliseconds: amount % 4 == 0 ? -2_500 : 1_000)
        }
        var (sequences, balance): ([Int64], Int64) = ([], 0)
        for second in Int64(-5)..<60 {
            let part = try await statement(bank, id, start + second * 1_000, start + (second + 1) * 1_000)
            #expect(part.opening == balance)
            let entries = try await bank.store.entries(of: part, after: nil, limit: 100)
            #expect(part.opening + entries.map(\.amount).reduce(0, +) == part.closing)
            #expect(entries.allSatisfy { (part.period.from..<part.period.to).contains($0.createdAt) })
            sequences += entries.map(\.sequence)
            balance = part.closing
        }
        #expect(sequences == Array(1...40))
        #expect(balance == 820)
        let times = try await bank.store.entries(of: id, of: "ann", before: nil, limit: 100)?.map(\.createdAt) ?? []
        #expect(times == times.sorted(by: >))
        try await bank.expectBalanced()
    }

    @Test("Both forms, the same in pages of any size")
    func forms() async throws {
        let bank = try await StoreFixture()
        let (id, start) = try await tenDays(bank, name: "=cmd|' /C calc'!A0 \"x\", y")
        let statement = try await statement(bank, id, start + Self.day, start + 4 * Self.day)
        var (jsons, sheets): (Set<[UInt8]>, Set<[UInt8]>) = ([], [])
        for pageSize in [1, 2, 3, 4, 500] {
            let document = StatementDocument(store: bank.store, statement: statement, pageSize: pageSize)
            let (json, csv) = (CollectingSink(), CollectingSink())
            try await document.writeJSON(to: BodyWriter(json))
            try await document.writeCSV(to: BodyWriter(csv))
            jsons.insert(json.bytes)
            sheets.insert(csv.bytes)
        }
        #expect(jsons.count == 1 && sheets.count == 1)
        let json = try JSONValue(parsing: try #require(jsons.first))
        #expect(json["opening_balance"]?.integer == 1)
        #expect(json["closing_balance"]?.integer == 10)
        #expect(json["entries"]?.array?.compactMap { $0["amount"]?.integer } == [2, 3, 4])
        let lines = String(decoding: try #require(sheets.first), as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        let end = "USD,\(id),\"'=cmd|' /C calc'!A0 \"\"x\"\", y\""
        #expect(lines.count == 7 && lines.last == "")
        #expect(lines[0] == "record,sequence,created_at,transfer,amount,balance,currency,account,name")
        #expect(lines[1] == "opening,,2023-11-15T22:13:20.000Z,,,1,\(end)")
        #expect(lines[2].hasPrefix("entry,2,2023-11-15T22:13:20.000Z,trf_") && lines[2].hasSuffix(",2,3,\(end)"))
        #expect(lines[5] == "closing,,2023-11-18T22:13:20.000Z,,,10,\(end)")
    }

    @Test(
        "What a spreadsheet could run gets an apostrophe",
        arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "|calc", "%0A", "\u{FF1D}1", "\t=1"])
    func formulas(text: String) {
        var line = CSVLine()
        line.quoted(text)
        #expect(line.text == "\"'\(text)\"")
    }

    @Test(arguments: ["a", "1=1", "a,b", "", " =1"])
    func harmlessCells(text: String) {
        var line = CSVLine()
        line.quoted(text)
        #expect(line.text == "\"\(text)\"")
    }

    @Test(
        "Who prefers CSV gets it",
        arguments: [
            ("text/csv", true), ("text/*", true), ("TEXT/CSV;q=0.9, application/json;q=0.5", true),
            ("text/csv; header=present", true), ("text/csv;q=0.5, */*;q=0.1", true), ("application/json", false),
            ("text/csv, application/json", false), ("*/*", false), ("text/csv;q=0", false), ("image/png", false),
            ("", false), ("text/csv;q=0.2, */*", false),
        ])
    func negotiation(accept: String, isCSV: Bool) {
        #expect((StatementFormat(accept: accept) == .csv) == isCSV)
        #expect(StatementFormat(accept: nil) == .json)
    }

    @Test func theRoute() async throws {
        let service = try await ServiceFixture()
        let (id, _) = try await tenDays(service.bank)
        let target = "/v1/accounts/\(id)/statement?from=2023-11-15&to=2023-11-17T00:00:00Z"
        let json = try await service.send(.get, target)
        #expect(json.status == 200 && json.fields[.contentType] == "application/json")
        #expect(try json.json["entries"]?.array?.count == 2)
        #expect(try json.json["account"]?.string == id)
        #expect(try json.json["from"]?.string == "2023-11-15T00:00:00.000Z")
        let csv = try await service.send(.get, target, fields: [.accept: "text/csv"])
        #expect(csv.fields[.contentType] == "text/csv; charset=utf-8; header=present")
        #expect(csv.fields[.contentDisposition] == "attachment; filename=\"\(id).csv\"")
        #expect(csv.text.hasSuffix("closing,,2023-11-17T00:00:00.000Z,,,6,USD,\(id),\r\n"))
        #expect(try await service.send(.get, target, as: "bob").status == 404)
    }

    @Test(
        "Only well-formed periods",
        arguments: [
            "", "from=2023-01-01", "to=2023-01-01", "from=2023-01-02&to=2023-01-02", "from=2023-01-02&to=2023-01-01",
            "from=2023-1-2&to=2023-02-01", "from=yesterday&to=today", "from=2022-01-01&to=2023-01-03",
            "from=2023-02-30&to=2023-03-01", "from=2023-01-01T00:00:00%2B01:00&to=2023-02-01",
        ])
    func periods(query: String) async throws {
        let service = try await ServiceFixture()
        let id = try await service.bank.account(of: "ann")
        let answer = try await service.send(.get, "/v1/accounts/\(id)/statement?\(query)")
        #expect((answer.status, answer.code) == (400, "invalid_query"))
    }
}
