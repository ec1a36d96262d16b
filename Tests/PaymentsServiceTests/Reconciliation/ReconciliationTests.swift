import Chassis
import HTTP
import Storage
import Synchronization
import TestSupport
import Testing

@testable import PaymentsService

@Suite struct ReconciliationTests {
    /// Books that a test writes; what is looked up again may be another page.
    private struct Book: SettlementBook {
        var pages: [Settlement] = []
        var later: [Settlement]?

        func settlements(after key: String?, limit: Int) async throws -> [Settlement] {
            Array(pages.sorted { $0.key < $1.key }.drop { $0.key <= key ?? "" }.prefix(limit))
        }

        func settlement(_ key: String) async throws -> Settlement? { (later ?? pages).first { $0.key == key } }
    }

    private static func order(
        _ key: String = "a", _ state: Settlement.State = .succeeded, amount: Int64 = 5, currency: String = "USD",
        kind: Settlement.Kind = .charge, at time: Int64 = 0
    ) -> Settlement {
        Settlement(key: key, kind: kind, amount: amount, currency: currency, state: state, createdAt: time)
    }

    private func compare(
        _ ledger: Book, _ processor: Book, at now: Int64 = 1_000_000, pageSize: Int = 1_000
    ) async throws -> Reconciliation {
        try await Reconciliation(ledger: ledger, processor: processor, at: now, grace: 300_000, pageSize: pageSize)
    }

    @Test(
        "What each pair of states comes to, when it is old",
        arguments: Settlement.State.allCases, Settlement.State.allCases)
    func states(ours: Settlement.State, theirs: Settlement.State) async throws {
        let found = try await compare(
            Book(pages: [Self.order("a", ours)]), Book(pages: [Self.order("a", theirs)]))
        #expect(found.agrees == (ours == theirs))
        #expect(found.differences.map(\.kind) == (ours == theirs ? [] : [.stateDiffers]))
    }

    @Test("What the ledger has not heard yet is under way for a while, and nothing else is")
    func grace() async throws {
        for (state, isUnderWay) in [(Settlement.State.pending, true), (.succeeded, false), (.declined, false)] {
            for theirs in [Book(), Book(pages: [Self.order("a", state == .declined ? .succeeded : .declined)])] {
                let found = try await compare(Book(pages: [Self.order("a", state)]), theirs, at: 299_999)
                #expect(found.inFlight == (isUnderWay ? 1 : 0) && found.agrees == isUnderWay)
                #expect(try await !compare(Book(pages: [Self.order("a", state)]), theirs, at: 300_000).agrees)
            }
        }
    }

    @Test("Each kind of difference, by key")
    func kinds() async throws {
        let found = try await compare(
            Book(pages: [
                Self.order("a"), Self.order("c"), Self.order("d"), Self.order("e"), Self.order("f"), Self.order("g"),
            ]),
            Book(pages: [
                Self.order("b", .declined), Self.order("c", amount: 6), Self.order("d", currency: "EUR"),
                Self.order("e", kind: .payout), Self.order("f", .declined), Self.order("g"),
            ]))
        #expect(found.compared == 7)
        #expect(
            found.differences.map { "\($0.key) \($0.kind.rawValue)" } == [
                "a missing_at_processor", "b missing_in_ledger", "c amount_differs", "d amount_differs",
                "e amount_differs", "f state_differs",
            ])
    }

    @Test("What has come right meanwhile is no difference")
    func meanwhile() async throws {
        let right = [Self.order("a")]
        for (ours, theirs) in [
            (Book(pages: [], later: right), Book(pages: right)), (Book(pages: right), Book(pages: [], later: right)),
            (Book(pages: [Self.order("a", .pending)], later: right), Book(pages: right)),
            (Book(pages: right), Book(pages: [Self.order("a", .pending)], later: right)),
        ] {
            #expect(try await compare(ours, theirs).agrees)
        }
    }

    @Test("Random books: pages of any size find exactly what was put in")
    func random() async throws {
        var generator = SeededGenerator.announced()
        for _ in 0..<40 {
            var (ours, theirs, expected) = (Book(), Book(), Set<String>())
            for number in 0..<Int.random(in: 0...60, using: &generator) {
                let key = "k\(1_000 + number)"
                switch Int.random(in: 0..<6, using: &generator) {
                case 0: ours.pages.append(Self.order(key))
                case 1: theirs.pages.append(Self.order(key))
                case 2:
                    ours.pages.append(Self.order(key, amount: 1))
                    theirs.pages.append(Self.order(key, amount: 2))
                default:
                    ours.pages.append(Self.order(key))
                    theirs.pages.append(Self.order(key))
                    continue
                }
                expected.insert(key)
            }
            for pageSize in [1, 2, 7, 100] {
                let found = try await compare(ours, theirs, pageSize: pageSize)
                #expect(Set(found.differences.map(\.key)) == expected)
                #expect(found.differences.count == expected.count)
            }
        }
    }

    @Test("The ledger and the sandbox agree after everything that the sandbox can do")
    func sagas() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann")
        let sandbox = try await bank.sandbox()
        let saga = ProcessorSaga(store: bank.store, processor: sandbox)
        for (number, instrument) in SandboxInstrument.allCases.enumerated() {
            let kind: ProcessorOperation.Kind = instrument.kind == .charge ? .deposit : .withdrawal
            let order = OperationOrder(
                kind: kind, account: account, amount: kind == .deposit ? 1_000 : 10, instrument: instrument.rawValue)
            let start = try await bank.store.start(order, for: bank.request(by: "ann", "o\(number)"))
            guard case .started(let operation) = start else { throw Unexpected(start) }
            _ = try await saga.step(operation)
        }
        let clock = bank.clock
        let (ours, theirs) = (
            LedgerBook(database: bank.database), SandboxBook(database: sandbox.database) { clock.now }
        )
        let open = try await Reconciliation(ledger: ours, processor: theirs, at: clock.now, grace: 300_000)
        #expect(open.agrees && open.compared == SandboxInstrument.allCases.count && open.inFlight == 2)
        clock.advance(seconds: 2)
        try await saga.resume(all: true)
        let final = try await Reconciliation(ledger: ours, processor: theirs, at: clock.now, grace: 0)
        #expect(final.agrees && final.inFlight == 0, "\(final)")
    }

    @Test("What is wrong in either database is found, also without their service")
    func damaged() async throws {
        let bank = try await StoreFixture()
        let account = try await bank.account(of: "ann", holding: 0)
        let sandbox = try await bank.sandbox()
        let saga = ProcessorSaga(store: bank.store, processor: sandbox)
        var keys: [String] = []
        for number in 0..<4 {
            let order = OperationOrder(kind: .deposit, account: account, amount: 7, instrument: "card_ok")
            let start = try await bank.store.start(order, for: bank.request(by: "ann", "d\(number)"))
            guard case .started(let operation) = start else { throw Unexpected(start) }
            keys.append(try await saga.step(operation).order.key)
        }
        let (first, second, third, last) = (keys[0], keys[1], keys[2], keys[3])
        try await sandbox.database.write { transaction in
            try transaction.execute("DELETE FROM orders WHERE key = ?", .text(first))
            try transaction.execute("UPDATE orders SET amount = 8 WHERE key = ?", .text(second))
            try transaction.execute("UPDATE orders SET reason = 'no' WHERE key = ?", .text(third))
            try transaction.execute("UPDATE orders SET key = 'dep_z:charge' WHERE key = ?", .text(last))
        }
        // As a backup of the data directory has them.
        try await bank.database.backup(to: bank.directory.file("payments-service.sqlite"))
        await sandbox.database.close()
        let found = try await Reconciliation.run(in: bank.directory.path, report: nil, grace: 0, clock: bank.clock)
        #expect(
            found.differences.map(\.kind) == [
                .missingAtProcessor, .amountDiffers, .stateDiffers, .missingAtProcessor, .missingInLedger,
            ])
        #expect(found.differences.map(\.key) == keys + ["dep_z:charge"])
    }

    @Test("A report that was written is read, and says the same")
    func report() async throws {
        let service = try await ServiceFixture()
        let sandbox = service.sandbox
        for (number, instrument) in ["card_ok", "card_declined", "card_slow"].enumerated() {
            _ = await sandbox.submit(
                ProcessorOrder(
                    key: "dep_\(number):charge", kind: .charge, amount: 5, currency: "KWD", instrument: instrument))
        }
        let sink = CollectingSink()
        let answer = try await ReportRoutes(sandbox: sandbox, guardian: StubIdentity(), pageSize: 2).answer()
        guard case .stream(_, let write) = answer.body else { throw Unexpected(answer.body) }
        try await write(BodyWriter(sink))
        let text = String(decoding: sink.bytes, as: UTF8.self)
        let file = try ReportFile(text)
        let clock = service.bank.clock
        let books = SandboxBook(database: sandbox.database) { clock.now }
        #expect(try await file.settlements(after: nil, limit: 10) == books.settlements(after: nil, limit: 10))
        #expect(try await file.settlements(after: "dep_0:charge", limit: 1).map(\.key) == ["dep_1:charge"])
        #expect(try await file.settlements(after: "dep_0", limit: 9).count == 3)
        #expect(try await file.settlements(after: "dep_2:charge", limit: 9).isEmpty)
        #expect(try await ReportFile(text.replacing("\n", with: "\r\n")).settlements.count == 3)
    }

    @Test(
        "A report that is none says where",
        arguments: [
            ("", 1), ("key,kind\n", 1), ("HEAD\na,charge,1,USD,pending", 2),
            ("HEAD\nOK\na,charge,1.5,USD,pending,TIME", 3),
            ("HEAD\nOK\nOK", 3), ("HEAD\n,charge,1,USD,pending,TIME", 2), ("HEAD\na,loan,1,USD,pending,TIME", 2),
            ("HEAD\na,charge,0,USD,pending,TIME", 2), ("HEAD\na,charge,1,XXX,pending,TIME", 2),
            ("HEAD\na,charge,1,USD,done,TIME", 2), ("HEAD\na,charge,1,USD,pending,yesterday", 2),
            ("HEAD\na,charge,9223372036854775808,USD,pending,TIME", 2),
        ])
    func badReports(text: String, line: Int) {
        let text = text.replacing("HEAD", with: ReportFile.head).replacing("OK", with: "x,charge,1,USD,pending,TIME")
            .replacing("TIME", with: "2026-01-15T09:30:00.000Z")
        let error = #expect(throws: ReportError.self) { try ReportFile(text) }
        #expect(error?.line == line, "\(String(describing: error))")
    }
}

extension ReportRoutes {
    /// What an operator gets.
    fileprivate func answer() async throws -> Response {
        var router = Router()
        install(in: &router)
        return try await router.handler(try Request(target: "/processor/report"))
    }
}

extension ReportFile {
    fileprivate var settlements: [Settlement] {
        get async throws { try await settlements(after: nil, limit: .max) }
    }
}
