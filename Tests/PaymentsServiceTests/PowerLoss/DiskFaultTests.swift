import HTTP
import HTTPTypes
import JSON
import PowerLoss
import Storage
import TestSupport
import Testing

@testable import PaymentsService

/// A disk that is full or failing under the service: 503, nothing acknowledged that is not there, and service again as
/// soon as the disk is well.
@Suite struct DiskFaultTests {
    /// What moves money, or makes something.
    private struct Act {
        let path: String
        let body: String
        var user = "ann"
        let key: String
    }

    private let ann: String, bob: String
    private let disk: Disk
    private let service: ServiceFixture
    private let acts: [Act]

    init() async throws {
        disk = try Disk(.announced("DiskFaultTests"))
        service = try await ServiceFixture(on: disk)
        ann = try await service.bank.account(of: "ann", holding: 1_000)
        bob = try await service.bank.account(of: "bob", holding: 1_000)
        let held = try await service.bank.authorize(100, from: ann, of: "ann", to: bob, key: "held")
        let paid = try await service.post("/v1/payments", key: "paid", Self.payment(ann, bob))
        let id = try paid.json["id"]?.string ?? ""
        acts = [
            Act(path: "/v1/payments", body: Self.payment(ann, bob), key: "pay"),
            Act(path: "/v1/transfers", body: #"{"mode":"atomic","items":[\#(Self.payment(ann, bob))]}"#, key: "batch"),
            Act(path: "/v1/payments/\(held.id)/capture", body: "{}", user: "bob", key: "capture"),
            Act(path: "/v1/refunds", body: #"{"payment":"\#(id)"}"#, user: "bob", key: "refund"),
            Act(
                path: "/v1/withdrawals",
                body: #"{"account":"\#(ann)","amount":5,"currency":"USD","destination":"bank_ok"}"#, key: "withdraw"),
            Act(path: "/v1/accounts", body: #"{"currency":"USD"}"#, key: "open"),
        ]
    }

    private static func payment(_ source: String, _ payee: String) -> String {
        #"{"source":"\#(source)","destination":{"account":"\#(payee)"},"amount":10,"currency":"USD"}"#
    }

    @Test("Every act is answered 503, and is done once when it is tried again", arguments: [Disk.Fault.full, .broken])
    func writes(fault: Disk.Fault) async throws {
        let before = try await service.bank.dump()
        disk.fail(fault)
        for act in acts {
            let answer = try await service.post(act.path, as: act.user, key: act.key, act.body)
            #expect(answer.status == 503, "\(act.path)")
            #expect(answer.code == "storage_unavailable")
            #expect(answer.fields[.retryAfter] != nil)
        }
        // What was there can still be read.
        #expect(try await service.send(.get, "/v1/accounts/\(ann)").status == 200)
        #expect(try await service.bank.dump() == before)
        disk.repair()
        for act in acts { try await expectOnce(act) }
        #expect(try await service.bank.balance(ann, of: "ann").posted == 1_000 - 10 - 10 - 10 - 100 + 10 - 5)
        try await expectClean()
    }

    @Test("The disk fails anywhere in an act, and recovers by itself", arguments: [Disk.Fault.full, .broken])
    func anywhere(fault: Disk.Fault) async throws {
        for act in acts {
            var (first, answer) = (0, try await attempt(act, fault, after: 0))
            while answer.status == 503 {
                first += 1
                answer = try await attempt(act, fault, after: first)
            }
            #expect(first > 0 && answer.status < 300, "\(act.path): \(answer.status) after \(first)")
            disk.repair()
            try await expectOnce(act)
        }
        try await expectClean()
    }

    /// One try during which the disk fails for one operation.
    private func attempt(_ act: Act, _ fault: Disk.Fault, after first: Int) async throws -> Answer {
        // What a withdrawal left open goes on.
        try await service.saga.resume(all: true)
        disk.fail(fault, after: first, for: 1)
        let answer = try await service.post(act.path, as: act.user, key: act.key, act.body)
        disk.repair()
        return answer
    }

    @Test("What cannot be read is no answer, and nothing else either")
    func reads() async throws {
        disk.fail(.unreadable)
        for path in ["/v1/accounts", "/v1/accounts/\(ann)", "/v1/payments", "/v1/accounts/\(ann)/entries"] {
            let answer = try await service.send(.get, path)
            #expect([200, 503].contains(answer.status), "\(path): what is cached may be answered")
        }
        for act in acts {
            let answer = try await service.post(act.path, as: act.user, key: act.key, act.body)
            #expect(answer.status < 300 || answer.status == 503, "\(act.path)")
        }
        disk.repair()
        for act in acts { try await expectOnce(act) }
        #expect(try await service.send(.get, "/v1/accounts").status == 200)
        try await expectClean()
    }

    /// It is done now, or was, and every further answer is that one.
    private func expectOnce(_ act: Act) async throws {
        try await service.saga.resume(all: true)
        let answer = try await service.post(act.path, as: act.user, key: act.key, act.body)
        #expect([200, 201].contains(answer.status), "\(act.path): \(answer.status)")
        let again = try await service.post(act.path, as: act.user, key: act.key, act.body)
        #expect(again.bytes == answer.bytes && again.isReplay, "\(act.path)")
    }

    private func expectClean() async throws {
        let verification = try await service.bank.database.read { try Verification($0) }
        #expect(verification.isClean, "\(verification.broken)")
    }
}
