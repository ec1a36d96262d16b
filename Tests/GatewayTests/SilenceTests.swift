import Sockets
import TestSupport
import Testing

@testable import Gateway

/// Addresses that owe answers: asked, left out, tried again. Random histories, with a clock of the test's own.
@Suite struct SilenceTests {
    private static let outliers = OutlierConfiguration(
        failures: 5, ejection: 10_000, maximumEjection: 35_000, maximumPercent: 50, silence: 1_000)
    /// The longest time between two looks at the table.
    private static let longestStep: UInt64 = 400

    /// A table and what the test remembers about its addresses.
    private struct Model {
        var table: EndpointTable
        var now: UInt64 = 0
        var lastAnswer: [ObjectIdentifier: UInt64] = [:]
        /// Since when an address has owed answers without a break, as far as looks at the table can tell.
        var owesSince: [ObjectIdentifier: UInt64] = [:]
        var asked: Set<ObjectIdentifier> = []
        /// How many times the base time the last ejection of an address took.
        var multiples: [ObjectIdentifier: UInt64] = [:]

        init(addresses: Int) {
            var configuration = UpstreamConfiguration(name: "service", endpoints: [])
            configuration.outliers = SilenceTests.outliers
            table = EndpointTable(configuration)
            let places = (1...addresses).map {
                EndpointTable.Place(
                    address: SocketAddress(ip: "10.0.0.\($0)", port: 80) ?? .loopback(port: 80),
                    authority: Endpoint(host: "service", port: 80), weight: 1)
            }
            _ = table.place(places, now: 0)
        }

        mutating func answer(_ endpoint: UpstreamEndpoint) {
            guard endpoint.unanswered > 0 else { return }
            endpoint.answered(afterNanoseconds: 1_000_000)
            table.succeeded(endpoint)
            lastAnswer[ObjectIdentifier(endpoint)] = now
            owesSince[ObjectIdentifier(endpoint)] = now
        }
    }

    // MARK: - Steps

    /// A look at the table: what it says must follow from what has happened.
    private static func review(_ model: inout Model) {
        let before = model.table.members
        let (events, suspects) = model.table.review(now: model.now)
        for member in before {
            let hasEnded = member.outlier.ejectedUntil.map { $0 <= model.now } ?? false
            #expect(events.contains(.returned(member.endpoint.name)) == hasEnded)
        }
        for suspect in suspects {
            let id = ObjectIdentifier(suspect)
            #expect(model.asked.insert(id).inserted, "asked once until it is known")
            #expect(model.table.members.count > 1)
            #expect(suspect.unanswered > 0)
            #expect(model.now >= (model.lastAnswer[id] ?? 0) + outliers.silence)
            #expect(model.table.members.contains { $0.endpoint === suspect && $0.isFit })
        }
        for member in model.table.members { note(member, &model) }
    }

    /// Whoever has owed an answer for long enough has been found out.
    private static func note(_ member: EndpointTable.Member, _ model: inout Model) {
        let id = ObjectIdentifier(member.endpoint)
        guard member.endpoint.unanswered > 0, member.isFit, !model.asked.contains(id), model.table.members.count > 1
        else {
            model.owesSince[id] = nil
            return
        }
        let since = model.owesSince[id] ?? model.now
        model.owesSince[id] = since
        // It may take one look to see that something is owed, and one to see that the time is over.
        #expect(model.now <= since + outliers.silence + 2 * longestStep, "\(member.endpoint.name)")
    }

    private static func probe(_ model: inout Model, _ endpoint: UpstreamEndpoint, answered: Bool) {
        let allowed = max(1, model.table.members.count * outliers.maximumPercent / 100)
        let before = model.table.members.filter(\.outlier.isEjected)
        let wasEjected = before.contains { $0.endpoint === endpoint }
        let event = model.table.probed(endpoint, answered: answered, now: model.now)
        model.asked.remove(ObjectIdentifier(endpoint))
        model.owesSince[ObjectIdentifier(endpoint)] = nil
        let mayBeEjected = model.table.members.count > 1 && before.count < allowed && !wasEjected
        #expect(event == (!answered && mayBeEjected ? .ejected(endpoint.name, .silence) : nil))
        #expect(model.table.members.count { $0.outlier.isEjected } <= allowed)
        if event != nil { expectLength(&model, endpoint) }
    }

    /// An ejection is one base time longer than the one before at most, and never longer than the longest.
    private static func expectLength(_ model: inout Model, _ endpoint: UpstreamEndpoint) {
        let member = model.table.members.first { $0.endpoint === endpoint }
        guard let outlier = member?.outlier, let until = outlier.ejectedUntil else {
            Issue.record("\(endpoint.name) is not ejected")
            return
        }
        let last = model.multiples[ObjectIdentifier(endpoint)] ?? 0
        #expect((1...last + 1).contains(outlier.multiple))
        #expect(until - model.now == min(outliers.ejection * outlier.multiple, outliers.maximumEjection))
        model.multiples[ObjectIdentifier(endpoint)] = outlier.multiple
    }

    // MARK: - Histories

    @Test func randomHistoriesAskOnlyTheSilentAndLeaveOutOnlyThoseThatStaySilent() {
        var random = TestSeed.generator()
        for _ in 0..<100 {
            var model = Model(addresses: .random(in: 1...5, using: &random))
            // Some answer nearly always, some hardly ever.
            let manners = model.table.members.map { _ in Double.random(in: 0...1, using: &random) }
            for _ in 0..<400 {
                model.now += .random(in: 1...Self.longestStep, using: &random)
                let index = Int.random(in: 0..<model.table.members.count, using: &random)
                let endpoint = model.table.members[index].endpoint
                switch Int.random(in: 0..<5, using: &random) {
                case 0, 1: endpoint.began()
                case 2: if random.chance(manners[index]) { model.answer(endpoint) }
                case 3: if endpoint.unanswered > 0, random.chance(0.2) { endpoint.gaveUp() }
                default:
                    guard model.asked.contains(ObjectIdentifier(endpoint)) else { break }
                    Self.probe(&model, endpoint, answered: random.chance(manners[index]))
                }
                Self.review(&model)
                #expect(!model.table.choices(now: model.now).ready.isEmpty)
            }
            _ = model.table.review(now: model.now + Self.outliers.maximumEjection)
            #expect(!model.table.members.contains { $0.outlier.isEjected })
        }
    }

    /// One that is back from an ejection and still answers nothing is asked and left out again, for longer each time.
    @Test func whoStaysSilentIsLeftOutForLongerEachTime() {
        var random = TestSeed.generator()
        var model = Model(addresses: 3)
        let silent = model.table.members[0].endpoint
        silent.began()
        var lengths: [UInt64] = []
        while lengths.count < 6 {
            model.now += .random(in: 1...Self.longestStep, using: &random)
            Self.review(&model)
            guard model.asked.contains(ObjectIdentifier(silent)) else { continue }
            Self.probe(&model, silent, answered: false)
            let until = model.table.members[0].outlier.ejectedUntil ?? 0
            lengths.append(until - model.now)
        }
        #expect(lengths == [10_000, 20_000, 30_000, 35_000, 35_000, 35_000])
        #expect(model.table.members.dropFirst().allSatisfy { $0.isFit })
    }
}
