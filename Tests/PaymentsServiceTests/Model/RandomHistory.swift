import Chassis
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// A history that goes on at random, done to the store and to the model.
struct RandomHistory {
    var model = LedgerModel()
    /// What the history has met, by name: a test sees that it met everything.
    private(set) var met: [String: Int] = [:]
    var bank: StoreFixture
    var generator: SeededGenerator
    /// What was answered, and is kept under its key.
    var kept: [KeptRequest] = []
    /// What is with the processor, and some of what was.
    var running: [ProcessorOperation] = []
    private(set) var step = 0

    static let owners = ["ann", "bob", "eve"]
    static let currencies = ["USD", "JPY", "KWD"]

    init(_ generator: SeededGenerator) async throws {
        self.generator = generator
        let fees = FeeSchedule(rules: LedgerModel.fees.mapValues { FeeRule(fixed: $0, basisPoints: 0) })
        let rules = PaymentRules(
            authorizationLifetime: LedgerModel.authorizationLifetime, fees: fees,
            limits: DailyLimits(amounts: LedgerModel.limits))
        bank = try await StoreFixture(rules: rules)
        for owner in Self.owners {
            for currency in Self.currencies { try await open(owner, currency) }
        }
    }

    func did(_ act: String) -> Bool { (met[act] ?? 0) > 0 }

    mutating func go() async throws {
        step += 1
        bank.clock.advance(milliseconds: Int64.random(in: 0...3_000, using: &generator))
        switch Int.random(in: 0..<1_010, using: &generator) {
        case 0..<20: try await open(pick(Self.owners), pick(Self.currencies))
        case 20..<330: try await pay()
        case 330..<380: try await payBatch()
        case 380..<460: try await capture()
        case 460..<510: try await cancel()
        case 510..<540: try await expire()
        case 540..<620: try await refund()
        case 620..<700: try await start(.deposit)
        case 700..<750: try await start(.withdrawal)
        case 750..<830: try await advance()
        case 830..<880: try await act()
        case 880..<910: try await actBySupport()
        case 910..<970: try await retry()
        case 970..<975: bank = try await bank.restarted()
        case 975..<980: bank = try await bank.crashed()
        case 980..<983: try await sleepADay()
        case 983..<988: _ = try await bank.store.distribute(limit: 50, mostPending: 200)
        case 988..<1_000: try await useWebhooks()
        default: try await compareSome()
        }
    }

    mutating func pick<T>(_ items: [T]) -> T { items.randomElement(using: &generator)! }

    /// Mostly `wanted`, so that not everything is refused.
    mutating func mostly<T>(_ wanted: T, _ others: [T]) -> T { generator.chance(0.9) ? wanted : pick(others) }

    mutating func note(_ what: String, _ isDone: Bool = true) {
        met[isDone ? what : "\(what) refused", default: 0] += 1
    }

    func request(_ owner: String) -> KeyedRequest { bank.request(by: owner, "k\(step)") }

    /// The jobs of a night: what is old enough goes, and is a fault no more.
    private mutating func sleepADay() async throws {
        bank.clock.advance(milliseconds: PaymentsStore.keyLifetimeMilliseconds + 1)
        while try await bank.store.distribute().count > 0 {}
        try await bank.store.purgeEvents(olderThan: PaymentsStore.keyLifetimeMilliseconds, windowSize: 50)
        try await bank.store.expireDeliveries(windowSize: 50)
        try await bank.store.purgeDeliveries(olderThan: PaymentsStore.keyLifetimeMilliseconds, windowSize: 50)
        try await bank.store.purgePaymentDays()
        try await bank.store.purgeKeys(windowSize: 50)
        // Only a key without an answer stays: that of an operation of which the processor has said nothing yet.
        kept.removeAll { $0.answer != nil || $0.operation.flatMap { model.operations[$0]?.answer } != nil }
        note("night")
    }
}
