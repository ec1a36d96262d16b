import Sockets
import TestSupport
import Testing

@testable import Gateway

@Suite struct EndpointTableTests {
    private static func table(
        _ count: Int, _ change: (inout UpstreamConfiguration) -> Void = { _ in }
    ) -> EndpointTable {
        var configuration = UpstreamConfiguration(name: "service", endpoints: [])
        change(&configuration)
        var table = EndpointTable(configuration)
        _ = table.place(places(1...count), now: 0)
        return table
    }

    private static func places(_ numbers: some Sequence<Int>) -> [EndpointTable.Place] {
        numbers.map {
            EndpointTable.Place(
                address: SocketAddress(ip: "10.0.0.\($0)", port: 80) ?? .loopback(port: 80),
                authority: Endpoint(host: "service", port: 80), weight: 1)
        }
    }

    private static func fail(_ table: inout EndpointTable, _ index: Int, now: UInt64) -> [EndpointTable.Event] {
        (0..<5).compactMap { _ in table.failed(table.members[index].endpoint, .connection, now: now) }
    }

    private static func ready(_ table: EndpointTable, now: UInt64 = 0) -> [String] {
        table.choices(now: now).ready.map { String($0.endpoint.name.dropLast(3)) }
    }

    // MARK: - Ejection

    @Test func fiveFailuresInARowEject() {
        var table = Self.table(3)
        let endpoint = table.members[0].endpoint
        #expect((0..<4).allSatisfy { _ in table.failed(endpoint, .status, now: 0) == nil })
        table.succeeded(endpoint)
        #expect((0..<4).allSatisfy { _ in table.failed(endpoint, .status, now: 0) == nil })
        #expect(table.failed(endpoint, .status, now: 0) == .ejected("10.0.0.1:80", .status))
        #expect(Self.ready(table) == ["10.0.0.2", "10.0.0.3"])
    }

    @Test func ejectionsGrowAndAreForgiven() {
        var table = Self.table(3)
        var now: UInt64 = 0
        for expected in [30_000, 60_000, 90_000] as [UInt64] {
            #expect(Self.fail(&table, 0, now: now).count == 1)
            #expect(table.review(now: now + expected - 1).events.isEmpty)
            #expect(table.review(now: now + expected).events == [.returned("10.0.0.1:80")])
            now += expected
        }
        // Behaves for as long as three first ejections take.
        now += 90_000
        #expect(Self.fail(&table, 0, now: now).count == 1)
        #expect(table.review(now: now + 30_000).events.count == 1)
    }

    @Test(arguments: [(1, 0), (2, 1), (3, 1), (4, 2), (10, 5)])
    func atMostHalfAreEjected(count: Int, ejected: Int) {
        var table = Self.table(count)
        for index in 0..<count { _ = Self.fail(&table, index, now: 0) }
        #expect(table.members.count { $0.outlier.isEjected } == ejected)
        #expect(Self.ready(table).count == count - ejected)
    }

    @Test func whenFewAreFitAllAreUsed() {
        var table = Self.table(3) { $0.health = HealthConfiguration(path: "/livez") }
        for index in 0..<2 {
            for _ in 0..<2 { _ = table.checked(table.members[index].endpoint, passed: false, now: 0) }
        }
        #expect(table.isPanicking)
        #expect(Self.ready(table).count == 3)
        _ = table.checked(table.members[0].endpoint, passed: true, now: 0)
        #expect(!table.isPanicking)
        #expect(Self.ready(table) == ["10.0.0.1", "10.0.0.3"])
    }

    // MARK: - Checks

    @Test func aPassedCheckEndsAnEjectionForSilenceButNotForAnswers() {
        var table = Self.table(4) { $0.health = HealthConfiguration(path: "/livez") }
        let (silent, wrong) = (table.members[0].endpoint, table.members[1].endpoint)
        #expect(table.probed(silent, answered: false, now: 0) == .ejected("10.0.0.1:80", .silence))
        for _ in 0..<5 { _ = table.failed(wrong, .status, now: 0) }
        #expect(table.checked(silent, passed: true, now: 1) == [.returned("10.0.0.1:80")])
        #expect(table.checked(wrong, passed: true, now: 1).isEmpty)
        #expect(Self.ready(table) == ["10.0.0.1", "10.0.0.3", "10.0.0.4"])
    }

    // MARK: - Silence

    @Test func onlyOneThatIsAskedAndSaysNothingIsSuspicious() {
        var table = Self.table(2)
        let (one, two) = (table.members[0].endpoint, table.members[1].endpoint)
        one.began()
        two.began()
        #expect(table.review(now: 0).suspects.isEmpty)
        two.answered(afterNanoseconds: 1_000_000)
        two.began()
        #expect(table.review(now: 999).suspects.isEmpty)
        let suspects = table.review(now: 1_000).suspects
        #expect(suspects.count == 1 && suspects.first === one)
        #expect(table.review(now: 1_100).suspects.isEmpty, "asked once")
        #expect(table.probed(one, answered: true, now: 1_200) == nil)
        #expect(Self.ready(table).count == 2)
    }

    @Test func theOnlyAddressIsNeverLeftOut() {
        var table = Self.table(1)
        table.members[0].endpoint.began()
        _ = table.review(now: 0)
        #expect(table.review(now: 60_000).suspects.isEmpty)
        #expect(table.probed(table.members[0].endpoint, answered: false, now: 0) == nil)
        #expect(Self.ready(table).count == 1)
    }

    // MARK: - Names

    @Test func knownAddressesKeepTheirState() {
        var table = Self.table(3)
        let endpoint = table.members[2].endpoint
        _ = Self.fail(&table, 2, now: 0)
        let events = table.place(Self.places(2...5), now: 10)
        #expect(events.count == 3)
        #expect(events.first == .disappeared("10.0.0.1:80"))
        #expect(table.members[1].endpoint === endpoint)
        #expect(Self.ready(table) == ["10.0.0.2", "10.0.0.4", "10.0.0.5"])
        #expect(table.place(Self.places(2...5), now: 20).isEmpty)
    }

    @Test func aNewAddressStartsSlowly() {
        var table = Self.table(1) { $0.balance.slowStart = 10_000 }
        #expect(table.choices(now: 0).ready.map(\.weight) == [1], "the first one carries all at once")
        _ = table.place(Self.places(1...2), now: 1_000)
        #expect(table.choices(now: 1_000).ready.map(\.weight) == [1, 0.1])
        #expect(table.choices(now: 6_000).ready.map(\.weight) == [1, 0.5])
        _ = table.review(now: 11_000)
        #expect(table.choices(now: 11_000).isUniform)
    }

    @Test func anotherIsOneThatWasNotTried() {
        var table = Self.table(3)
        let all = table.members.map(\.endpoint)
        _ = Self.fail(&table, 2, now: 0)
        #expect(table.another(than: [all[0]], unfit: false, affinity: nil) === all[1])
        #expect(table.another(than: [all[0], all[1]], unfit: false, affinity: nil) == nil)
        #expect(table.another(than: [all[0], all[1]], unfit: true, affinity: nil) === all[2])
        #expect(table.another(than: all, unfit: true, affinity: nil) == nil)
    }

    /// Whatever happens: somebody is there to be used, and no more are ejected than may be.
    @Test func randomHistoriesKeepTheRules() {
        var random = TestSeed.generator()
        for _ in 0..<100 {
            var table = Self.table(Int.random(in: 1...6, using: &random)) {
                $0.health = HealthConfiguration(path: "/")
            }
            var now: UInt64 = 0
            for _ in 0..<300 {
                now += UInt64.random(in: 0...3_000, using: &random)
                guard let endpoint = table.members.randomElement(using: &random)?.endpoint else { continue }
                switch Int.random(in: 0..<12, using: &random) {
                case 0..<6: _ = table.failed(endpoint, .timeout, now: now)
                case 6: table.succeeded(endpoint)
                case 7, 8: _ = table.checked(endpoint, passed: Bool.random(using: &random), now: now)
                case 9: _ = table.probed(endpoint, answered: Bool.random(using: &random), now: now)
                case 10: _ = table.place(Self.places(1...Int.random(in: 1...6, using: &random)), now: now)
                default: _ = table.review(now: now)
                }
                #expect(!table.choices(now: now).ready.isEmpty)
            }
            _ = table.review(now: now + 1_000_000)
            #expect(!table.members.contains { $0.outlier.isEjected })
        }
    }
}
