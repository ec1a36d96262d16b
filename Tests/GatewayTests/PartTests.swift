import JSON
import TestSupport
import Testing

@testable import Gateway

/// The order of an aggregate's parts, and the values that go from one into the path of another.
@Suite struct PartTests {
    private static let profile = """
        {"id":"usr_1","n":42,"on":true,"none":null,"empty":"","dots":"..","dot":".","slash":"a/../b","back":"a\\\\b",
        "line":"a\\r\\nX: y","odd":"a b?c#d&e=f%2e+ü","list":["first",{"id":7}],"a/b":{"~":"deep"}}
        """

    private func filled(_ target: String) throws -> String {
        let profile = try JSONValue(parsing: Array(Self.profile.utf8))
        return try PartTarget(target).filled { $0 == "profile" ? profile : nil }
    }

    @Test(arguments: [
        ("/v1/users/{profile.id}", "/v1/users/usr_1"), ("/v1/{profile.n}/x?y=1", "/v1/42/x?y=1"),
        ("/v1/{profile/list/0}", "/v1/first"), ("/v1/{profile/list/1/id}", "/v1/7"),
        ("/v1/{profile/a~1b/~0}", "/v1/deep"), ("/v1/{profile.odd}", "/v1/a%20b%3Fc%23d%26e%3Df%252e%2B%C3%BC"),
        ("/v1?q={profile.odd}&z", "/v1?q=a%20b%3Fc%23d%26e%3Df%252e%2B%C3%BC&z"),
        ("/v1?q={profile.slash}", "/v1?q=a%2F..%2Fb"), ("/v1/x{profile.dots}", "/v1/x.."),
        ("/plain?limit=5", "/plain?limit=5"),
    ])
    func valuesAreEncoded(target: String, expected: String) throws {
        #expect(try filled(target) == expected)
    }

    @Test(arguments: [
        ("/v1/{profile.dots}", "reference_unsafe"), ("/v1/{profile.dot}/x", "reference_unsafe"),
        ("/v1/.{profile.dot}", "reference_unsafe"), ("/v1/{profile.dot}{profile.dot}", "reference_unsafe"),
        ("/v1/{profile.slash}", "reference_unsafe"), ("/v1/{profile.back}", "reference_unsafe"),
        ("/v1/{profile.line}", "reference_unsafe"), ("/v1?q={profile.line}", "reference_unsafe"),
        ("/v1/{profile.empty}", "reference_absent"), ("/v1/{profile.none}", "reference_absent"),
        ("/v1/{profile.on}", "reference_absent"), ("/v1/{profile.list}", "reference_absent"),
        ("/v1/{profile.nope}", "reference_absent"), ("/v1/{other.id}", "reference_absent"),
    ])
    func aValueNeverChangesThePath(target: String, reason: String) {
        let error = #expect(throws: PartTarget.Unusable.self) { try filled(target) }
        #expect(error?.reason.hasPrefix(reason) == true)
    }

    /// Whatever a service says: the path keeps its segments, and nothing but them.
    @Test func noValueAddsASegment() throws {
        var random = TestSeed.generator()
        let alphabet = Array("ab./\\%2e?#&=;: \u{0}\r\n\u{7F}ü")
        let target = try PartTarget("/v1/{p.v}/end?x={p.v}")
        for _ in 0..<2_000 {
            let text = String(
                (0..<Int.random(in: 0...6, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
            let value = JSONValue.object([.init(name: "v", value: .string(text))])
            guard let made = try? target.filled({ _ in value }) else { continue }
            let path = made.prefix { $0 != "?" }
            let segments = path.split(separator: "/", omittingEmptySubsequences: false)
            #expect(segments.count == 4 && segments[1] == "v1" && segments[3] == "end")
            #expect(segments[2] != "." && segments[2] != ".." && !segments[2].isEmpty)
            #expect(made.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") })
            #expect(made.count { $0 == "?" } == 1)
        }
    }

    @Test(arguments: [
        "v1", "/v1/{", "/v1/}", "/v1/{a}", "/v1/{a.}", "/v1/{a.b.c}", "/v1/{.b}", "/v1/{a/~2}", "/v1/ x", "/v1#x",
        "/v1/../x", "/v1/./{a.b}", "/v1/{a b.c}", "/ü",
    ])
    func malformedTargetsAreRefused(text: String) {
        #expect(throws: PartTarget.Malformed.self) { try PartTarget(text) }
    }

    // MARK: - Order

    @Test func circlesAreFound() {
        #expect(PartSchedule.unreachable([[], [0], [1, 0]]) == [])
        #expect(PartSchedule.unreachable([[0]]) == [0])
        #expect(PartSchedule.unreachable([[2], [], [0], [2], [1]]) == [0, 2, 3])
    }

    /// For any graph: no part starts before those it waits for, each one starts or is lost once, and all come to an end.
    @Test func everyPartStartsOnceAndAfterThoseItWaitsFor() {
        var random = TestSeed.generator()
        for _ in 0..<500 {
            let count = Int.random(in: 1...12, using: &random)
            let order = Array(0..<count).shuffled(using: &random)
            var dependencies = [[Int]](repeating: [], count: count)
            for (place, part) in order.enumerated() {
                dependencies[part] = order[..<place].filter { _ in random.chance(0.25) }
            }
            var schedule = PartSchedule(dependencies)
            var running = schedule.start()
            var arrived: Set<Int> = []
            var lost: Set<Int> = []
            while !running.isEmpty {
                let part = running.remove(at: .random(in: running.indices, using: &random))
                #expect(Set(dependencies[part]).isSubset(of: arrived))
                if random.chance(0.2) {
                    let skipped = schedule.lost(part)
                    #expect(lost.isDisjoint(with: skipped) && arrived.isDisjoint(with: skipped))
                    lost.formUnion([part] + skipped)
                } else {
                    arrived.insert(part)
                    running += schedule.arrived(part)
                }
            }
            #expect(schedule.isOver)
            #expect(arrived.union(lost).count == count)
            for part in lost where !dependencies[part].isEmpty { #expect(!arrived.contains(part)) }
        }
    }
}
