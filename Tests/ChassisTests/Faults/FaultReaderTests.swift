import JSON
import Testing

@testable import Chassis

/// What may be asked of the fault lab, and what is said about the rest.
@Suite struct FaultReaderTests {
    private static let offer: FaultOffer = {
        var offer = FaultOffer()
        offer.kinds = Set(FaultKind.allCases)
        offer.upstreams = { ["payments-service"] }
        offer.refusesRequests = true
        return offer
    }()

    private func read(_ text: String, _ offer: FaultOffer = offer) throws -> FaultSpecification {
        try FaultReader(offer: offer).specification(Array(text.utf8))
    }

    @Test(
        arguments: [
            (#"{"kind":"latency","milliseconds":300}"#, .latency(FaultDelay(milliseconds: 300, jitter: 0))),
            (#"{"kind":"latency","milliseconds":0,"jitter":9}"#, .latency(FaultDelay(milliseconds: 0, jitter: 9))),
            (#"{"kind":"error"}"#, .error(status: 503)), (#"{"kind":"error","status":504}"#, .error(status: 504)),
            (#"{"kind":"drop"}"#, .drop(.before)), (#"{"kind":"drop","at":"middle"}"#, .drop(.middle)),
            (
                #"{"kind":"slow_downstream","upstream":"payments-service","milliseconds":5,"bytes_per_second":1000}"#,
                .slowDownstream(
                    upstream: "payments-service", FaultDelay(milliseconds: 5, jitter: 0), bytesPerSecond: 1_000)
            ),
            (#"{"kind":"blocked_database"}"#, .blockedDatabase), (#"{"kind":"full_queue"}"#, .fullQueue),
            (#"{"kind":"memory_growth"}"#, .memoryGrowth(rate: 16, ceiling: 256)),
            (
                #"{"kind":"memory_growth","mebibytes_per_second":1,"ceiling_mebibytes":2}"#,
                .memoryGrowth(rate: 1, ceiling: 2)
            ), (#"{"kind":"crash"}"#, .crash), (#"{"kind":"clock_skew","seconds":-3600}"#, .clockSkew(seconds: -3_600)),
        ] as [(String, FaultEffect)])
    func readsEachKind(text: String, expected: FaultEffect) throws {
        let specification = try read(text)
        #expect(specification == FaultSpecification(effect: expected))
        #expect(specification.seconds == 60)
        #expect(specification.percentage == 100)
    }

    @Test func readsScopeAndDuration() throws {
        let specification = try read(
            #"{"kind":"error","route":"/v1/payments","percentage":5,"for":600}"#)
        #expect(
            specification
                == FaultSpecification(
                    effect: .error(status: 503), route: "/v1/payments", percentage: 5, seconds: 600))
        #expect(try read(#"{"kind":"drop","route":"*"}"#).route == nil)
    }

    @Test(arguments: [
        (#"{}"#, "/kind", "is missing"), (#"{"kind":"fire"}"#, "/kind", "must be one of"),
        (#"{"kind":"latency"}"#, "/milliseconds", "is missing"),
        (#"{"kind":"latency","milliseconds":30001}"#, "/milliseconds", "between"),
        (#"{"kind":"latency","milliseconds":1.5}"#, "/milliseconds", "an integer"),
        (#"{"kind":"error","status":200}"#, "/status", "between 500 and 599"),
        (#"{"kind":"error","milliseconds":5}"#, "/milliseconds", "is not known here"),
        (#"{"kind":"error","percentage":0}"#, "/percentage", "between"),
        (#"{"kind":"error","percentage":101}"#, "/percentage", "between"),
        (#"{"kind":"error","for":601}"#, "/for", "between 1 and 600"),
        (#"{"kind":"error","for":0}"#, "/for", "between 1 and 600"),
        (#"{"kind":"error","route":"v1"}"#, "/route", "template"),
        (#"{"kind":"drop","at":"never"}"#, "/at", "before, middle, after"),
        (#"{"kind":"slow_downstream","upstream":"x","milliseconds":1}"#, "/upstream", "payments-service"),
        (#"{"kind":"blocked_database","percentage":50}"#, "/percentage", "is not known here"),
        (#"{"kind":"clock_skew","seconds":3601}"#, "/seconds", "between"),
        (#"{"kind":"clock_skew","seconds":0}"#, "/seconds", "must not be 0"),
        (#"{"kind":"memory_growth","ceiling_mebibytes":4096}"#, "/ceiling_mebibytes", "between"),
    ])
    func saysWhatIsWrong(text: String, pointer: String, detail: String) {
        #expect { try read(text) } throws: { error in
            (error as? JSONValidationError)?.errors.contains {
                $0.pointer == pointer && $0.detail.contains(detail)
            } == true
        }
    }

    @Test(arguments: ["slow_downstream", "blocked_database", "full_queue"])
    func aKindThatDoesNotFitIsRefused(kind: String) {
        #expect { try read(#"{"kind":"\#(kind)"}"#, FaultOffer()) } throws: { error in
            (error as? JSONValidationError)?.errors.map(\.detail) == [
                "does not fit this service, which has latency, error, drop, memory_growth, crash, clock_skew"
            ]
        }
    }

    @Test func aFullQueueOfADatabaseHasNoRoute() {
        var offer = FaultOffer()
        offer.kinds.insert(.fullQueue)
        #expect(throws: JSONValidationError.self) { try read(#"{"kind":"full_queue","route":"/v1"}"#, offer) }
    }
}
