import Chassis
import Logging
import PowerLoss
import TestSupport

@testable import PaymentsService
@testable import Storage

/// Payments on a disk whose power fails again and again, and what was promised meanwhile.
struct PoweredBank {
    private var disk: Disk
    private var generator: SeededGenerator
    private let identifiers = SequentialIdentifierGenerator()
    private let clock = ManualWallClock()
    private var accounts: [Tab.Account] = []
    private var number = 0
    /// What was answered, with its answer: it must be so for ever.
    private var answered: [(ask: Ask, answer: StoredAnswer)] = []
    /// What failed: it may have happened or not, and a retry finds out.
    private var unknown: [Ask] = []
    /// The last event that anybody has read.
    private var seen: Int64 = 0
    /// How many of the losses came while the database was being opened.
    private(set) var lossesInRecovery = 0

    var promised: Int { answered.count }

    init(_ generator: SeededGenerator, _ honesty: Disk.Honesty = .honest) throws {
        self.generator = generator
        disk = try Disk(generator, honesty)
    }

    /// One life, from the power's coming to its failing.
    ///
    /// - Returns: What is found that must not be.
    mutating func live() async throws -> [String] {
        // Sometimes it fails again at once, while what the last loss left is being put in order.
        if generator.chance(0.2) { disk.failPower(after: Int.random(in: 1...40, using: &generator)) }
        defer { disk = (try? disk.afterLoss()) ?? disk }
        let database: SQLiteDatabase
        do {
            database = try await SQLiteDatabase.open(
                path: disk.directory.file("payments.sqlite"), migrations: Schema.migrations, options: options)
        } catch {
            lossesInRecovery += 1
            return disk.hasFailed ? [] : ["it does not open: \(error)"]
        }
        let store = PaymentsStore(database: database, identifiers: identifiers, clock: clock)
        do {
            try await open(store)
            let faults = try await check(store)
            guard faults.isEmpty else {
                await database.close()
                return faults
            }
            // Sometimes it is full or broken for a while before that.
            if generator.chance(0.3), let fault = [Disk.Fault.full, .broken].randomElement(using: &generator) {
                disk.fail(fault, after: Int.random(in: 0...100, using: &generator), for: 20)
            }
            disk.failPower(after: Int.random(in: 1...400, using: &generator))
            await work(store)
        } catch  where disk.hasFailed {
            lossesInRecovery += 1
        } catch {
            await database.close()
            return ["it does not serve: \(error)"]
        }
        await database.close()
        return []
    }

    private var options: SQLiteOptions {
        var options = SQLiteOptions()
        options.fileSystem = Disk.configuredFileSystem
        // The log is folded in often, so that power fails there, too.
        options.checkpointPages = 60
        options.readerThreads = 1
        options.logger.logLevel = .critical
        return options
    }

    /// Two accounts with money, once.
    private mutating func open(_ store: PaymentsStore) async throws {
        while accounts.count < 2 {
            let owner = accounts.isEmpty ? "ann" : "bob"
            let opened = try await store.openAccount(in: Currency(code: "USD")!, for: owner, once: request(by: owner))
            guard case .answered(let answer) = opened, let location = answer.location else { throw Unexpected(opened) }
            accounts.append(Tab.Account(owner: owner, id: String(location.dropFirst("/v1/accounts/".count))))
        }
        guard answered.isEmpty else { return }
        for account in accounts {
            let order = OperationOrder(kind: .deposit, account: account.id, amount: 1_000_000, instrument: "card_ok")
            guard case .started(let deposit) = try await store.start(order, for: request(by: account.owner)) else {
                continue
            }
            _ = try await store.advance(deposit, by: .succeeded)
        }
    }

    private mutating func request(by owner: String) -> KeyedRequest {
        number += 1
        // Other keys than those of the tabs: an answer to one of these is none to a payment.
        return KeyedRequest(
            subject: owner, key: IdempotencyKey(field: "bank\(number)")!,
            fingerprint: Fingerprint(method: "POST", path: "/", body: []),
            occurrence: Occurrence(requestID: "r\(number)", traceID: "t"))
    }

    // MARK: - Work

    /// A few who pay at once, until the power fails.
    private mutating func work(_ store: PaymentsStore) async {
        let tabs = (0..<pick([1, 1, 6])).map { _ in
            number += 1_000
            return Tab(accounts, firstNumber: number, SeededGenerator(seed: generator.next()))
        }
        let (disk, clock) = (disk, clock)
        let done = await withTaskGroup(of: Tab.self) { group in
            for tab in tabs {
                group.addTask {
                    var tab = tab
                    while !disk.hasFailed {
                        clock.advance(milliseconds: 1)
                        await tab.go(store)
                    }
                    return tab
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for tab in done {
            answered += tab.answered
            unknown += tab.unknown
            seen = max(seen, tab.seen)
        }
    }

    private mutating func pick<T>(_ items: [T]) -> T { items.randomElement(using: &generator)! }

    // MARK: - What is left

    /// Everything that was answered is there, once, and nothing else but what had been asked for.
    private mutating func check(_ store: PaymentsStore) async throws -> [String] {
        let (last, seen) = (try await store.database.read { try $0.lastEvent() }, seen)
        var faults = last < seen ? ["event \(seen) was read, and is gone"] : []
        for (ask, answer) in answered.suffix(150) {
            let outcome = try await ask.again(store)
            if outcome != .replayed(answer) { faults.append("\(ask.request.key.value): \(outcome), not \(answer)") }
        }
        for ask in unknown {
            switch try await ask.again(store) {
            case .answered(let answer), .replayed(let answer): answered.append((ask, answer))
            case let outcome: faults.append("\(ask.request.key.value): \(outcome)")
            }
            unknown.removeFirst()
        }
        let made = answered.reduce(0) { $0 + $1.ask.payments(of: $1.answer) }
        let verification = try await store.database.read { reader in
            let found = try reader.first("SELECT COUNT(*) FROM payments") { try $0.int(0) }
            return (found, try Verification(reader))
        }
        if verification.0 != made { faults.append("\(verification.0 ?? 0) payments, \(made) were answered") }
        return faults + verification.1.broken.map { "\($0.key): \($0.value)" }
    }
}

extension Disk {
    /// The file system, of a library that is configured: that must come before anybody uses it.
    static var configuredFileSystem: String {
        _ = LibraryConfiguration.isApplied
        return fileSystem
    }
}
