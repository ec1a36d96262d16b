import Chassis
import HTTP
import Testing

@testable import Gateway

@Suite struct RateLimitFieldsTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func theFieldsAgree() {
        let limit = RateLimitFields.policy(name: "per-user", .init(quota: 100, length: 60_000, burst: 100))
        #expect(limit == "\"per-user\";q=100;w=60")
        let smooth = RateLimitFields.policy(name: "a", .init(quota: 100, length: 1_500, burst: 10))
        #expect(smooth == "\"a\";q=100;w=2;tollgate-burst=10")
        let allowed = GCRA(quota: 100, windowMilliseconds: 60_000).probe(arrival: 0, now: Self.second, cost: 1)
        var state = FieldLines()
        RateLimitFields.append(Array("\"per-user\";r=".utf8), allowed, to: &state)
        #expect(state.text == "\"per-user\";r=99;t=1")
        #expect(RateLimitFields.seconds(nanoseconds: 0) == 0)
        #expect(RateLimitFields.seconds(nanoseconds: Self.second) == 1)
        #expect(RateLimitFields.seconds(nanoseconds: Self.second + 1) == 2)
    }
}
