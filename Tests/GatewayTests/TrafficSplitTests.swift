import HTTP
import HTTPTypes
import TestSupport
import Testing

@testable import Gateway

@Suite struct TrafficSplitTests {
    private static func split(
        _ weights: [Int], _ stickiness: SplitConfiguration.Stickiness = .none
    ) -> TrafficSplit {
        let sides = weights.enumerated().map { SplitConfiguration.Side(upstream: "side-\($0)", weight: $1) }
        return TrafficSplit(SplitConfiguration(sides: sides, stickiness: stickiness))
    }

    private static func head(_ fields: HTTPFields = [:]) throws -> RequestHead {
        try Request(target: "/", fields: fields).head
    }

    @Test(arguments: [(0, 0), (94, 0), (95, 1), (99, 1)])
    func sharesLieInTheOrderOfTheFile(point: UInt64, side: Int) throws {
        #expect(Self.split([95, 5]).choose(try Self.head(), random: { _ in point }) == .init(side: side))
    }

    @Test func theRandomNumberIsAskedForTheWholeRange() throws {
        #expect(Self.split([3, 0, 4]).choose(try Self.head(), random: { $0 }).side == 2)
        #expect(Self.split([3, 4, 0]).choose(try Self.head(), random: { $0 }).side == 1)
        #expect(Self.split([0, 3]).choose(try Self.head(), random: { _ in 0 }).side == 1)
    }

    @Test func weightsAreKeptInTheLongRun() throws {
        var random = TestSeed.generator()
        let split = Self.split([90, 0, 10])
        let head = try Self.head()
        var counts = [0, 0, 0]
        for _ in 0..<20_000 { counts[split.choose(head) { UInt64.random(in: 0...$0, using: &random) }.side] += 1 }
        #expect((17_700...18_300).contains(counts[0]))
        #expect(counts[1] == 0)
    }

    // MARK: - Cookie

    private static let cookie = SplitConfiguration.Stickiness.cookie(name: "side", maxAge: 3_600_000, isSecure: false)

    /// `name=value` of what a browser would send back.
    private static func pair(_ split: TrafficSplit, _ side: Int) -> String {
        String(split.cookies[side].prefix { $0 != ";" })
    }

    @Test func aNewClientGetsACookieAndStays() throws {
        let split = Self.split([1, 1], Self.cookie)
        let first = split.choose(try Self.head(), random: { _ in 1 })
        #expect(first == .init(side: 1, setsCookie: true))
        #expect(split.cookies[1].hasSuffix("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"))
        for line in [Self.pair(split, 1), "a=b; \(Self.pair(split, 1)) ;c=d", "side=old; \(Self.pair(split, 1))"] {
            let head = try Self.head([.cookie: line.replacing(" ;", with: ";")])
            #expect(split.choose(head, random: { _ in 0 }) == .init(side: 1))
        }
    }

    @Test func aCookieSaysNothingOfTheUpstream() {
        #expect(Self.split([1, 1], Self.cookie).cookies.allSatisfy { !$0.contains("side-") })
    }

    @Test(arguments: ["side=", "side", "sides=x", "xside=", "side=0"])
    func anUnknownCookieIsReplaced(line: String) throws {
        let split = Self.split([1, 1], Self.cookie)
        let value = line.hasSuffix("=") && line != "side=" ? line + Self.pair(split, 1).dropFirst(5) : line
        let choice = split.choose(try Self.head([.cookie: value]), random: { _ in 0 })
        #expect(choice == .init(side: 0, setsCookie: true))
    }

    @Test func aSideWithoutWeightLosesItsClients() throws {
        let pair = Self.pair(Self.split([1, 1], Self.cookie), 1)
        let drained = Self.split([1, 0], Self.cookie)
        #expect(drained.choose(try Self.head([.cookie: pair]), random: { $0 }) == .init(side: 0, setsCookie: true))
    }

    @Test func theSecureAttributeIsWrittenWhenAskedFor() {
        let split = Self.split([1], .cookie(name: "s", maxAge: nil, isSecure: true))
        #expect(split.cookies[0].hasSuffix("; Path=/; HttpOnly; SameSite=Lax; Secure"))
    }

    // MARK: - Header

    @Test func aHeaderKeepsItsClientsInProportion() throws {
        let split = Self.split([80, 20], .header(name: "X-Client"))
        let grown = Self.split([70, 30], .header(name: "X-Client"))
        var counts = [0, 0]
        for number in 0..<2_000 {
            let head = try Self.head([.init("x-client")!: "client-\(number)"])
            let side = split.choose(head, random: { _ in fatalError("not random") }).side
            #expect(split.choose(head, random: { _ in 0 }).side == side)
            // A side that grows keeps whom it has.
            if side == 1 { #expect(grown.choose(head, random: { _ in 0 }).side == 1) }
            counts[side] += 1
        }
        #expect((1_500...1_700).contains(counts[0]))
        #expect(split.choose(try Self.head(), random: { $0 }).side == 1)
    }

    // MARK: - Through the gateway

    private static let yaml = """
        upstreams:
          users: { url: "${USERS}" }
          payments: { url: "${PAYMENTS}" }
        routes:
          - name: shop
            path: /shop
            auth: public
            split: [{ upstream: users, weight: 1 }, { upstream: payments, weight: 1 }]
            sticky: { cookie: shop-side, max_age: 1h }
          - name: shop-canary
            path: /shop
            auth: public
            headers: { X-Canary: always }
            upstream: payments
        """

    @Test func aClientStaysWhereItWasFirst() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let first = try await gateway.send(.get, "/shop")
            let cookie = try #require(first.fields[.setCookie]).prefix { $0 != ";" }
            for _ in 0..<12 {
                let again = try await gateway.send(.get, "/shop", fields: [.cookie: String(cookie)])
                #expect(again.fields[.setCookie] == nil)
            }
            let counts = [gateway.users.received.count, gateway.payments.received.count]
            #expect(counts.sorted() == [0, 13])
        }
    }

    @Test func aHeaderLeadsToTheCanary() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            for _ in 0..<12 { _ = try await gateway.send(.get, "/shop", fields: [.init("X-Canary")!: "always"]) }
            #expect(gateway.payments.received.count == 12)
        }
    }
}
