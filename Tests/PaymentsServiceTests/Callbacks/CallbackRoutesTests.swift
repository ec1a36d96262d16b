import Chassis
import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct CallbackRoutesTests {
    /// A withdrawal of 500 that the processor has not finished.
    private func open(_ service: ServiceFixture, _ destination: String = "bank_slow") async throws -> ProcessorOperation
    {
        let ann = try await service.bank.account(of: "ann", holding: 500)
        let answer = try await service.post(
            "/v1/withdrawals", key: "w", #"{"account":"\#(ann)","amount":500,"destination":"\#(destination)"}"#)
        let id = try #require(try answer.json["id"]?.string)
        return try #require(try await service.bank.store.operation(id, .withdrawal, of: "ann"))
    }

    private func callback(
        _ operation: ProcessorOperation, _ status: ProcessorCallback.Status, amount: Int64 = 500,
        currency: String = "USD"
    ) -> ProcessorCallback {
        ProcessorCallback(
            id: "cb_1", key: operation.order.key, amount: amount, currency: currency, status: status,
            reason: status == .declined ? "account_closed" : nil)
    }

    private func state(_ service: ServiceFixture, _ operation: ProcessorOperation) async throws -> String {
        let now = try await service.bank.store.operation(operation.id, operation.kind, of: "ann")
        return "\(try #require(now).status)"
    }

    private func count(_ service: ServiceFixture, _ result: CallbackResult) -> Int {
        let text = String(decoding: service.metrics.exposition(), as: UTF8.self)
        let name = #"processor_callbacks_total{result="\#(result.rawValue)"} "#
        return text.split(separator: "\n").first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) } ?? -1
    }

    @Test(
        "A callback ends the operation before anybody asks", arguments: [ProcessorCallback.Status.succeeded, .declined])
    func applied(status: ProcessorCallback.Status) async throws {
        let service = try await ServiceFixture()
        let withdrawal = try await open(service)
        #expect(try await service.receive(callback(withdrawal, status)).status == 204)
        #expect(try await state(service, withdrawal) == (status == .succeeded ? "succeeded" : "failed"))
        #expect(count(service, .applied) == 1)
        try await service.bank.expectBalanced()
    }

    @Test("Twice, out of order, and the other way round: the first end stays")
    func repeatedAndOutOfOrder() async throws {
        let service = try await ServiceFixture()
        let withdrawal = try await open(service)
        for status in [ProcessorCallback.Status.pending, .succeeded, .succeeded, .pending, .declined] {
            #expect(try await service.receive(callback(withdrawal, status)).status == 204, "\(status)")
        }
        #expect(try await state(service, withdrawal) == "succeeded")
        #expect(count(service, .applied) == 1 && count(service, .repeated) == 3 && count(service, .contradicted) == 1)
        #expect(try await service.bank.count("outbox") == 2)
        service.bank.clock.advance(seconds: 2)
        #expect(try await service.saga.resume() == 0, "nothing is left to ask")
        try await service.bank.expectBalanced()
    }

    @Test("What is told of another amount or currency, or of nothing known, changes nothing")
    func mismatched() async throws {
        let service = try await ServiceFixture()
        let withdrawal = try await open(service)
        let wrong = callback(withdrawal, .succeeded, amount: 501)
        #expect(try await service.receive(wrong).code == "callback_mismatch")
        #expect(try await service.receive(callback(withdrawal, .succeeded, currency: "EUR")).status == 409)
        for key in ["wdr_none:payout", "\(withdrawal.id):charge", withdrawal.id, ":", "\(withdrawal.id):payout:"] {
            let stray = ProcessorCallback(id: "cb", key: key, amount: 500, currency: "USD", status: .succeeded)
            #expect(try await service.receive(stray).status == 404, "\(key)")
        }
        #expect(try await state(service, withdrawal) == "processing")
        #expect(count(service, .mismatched) == 2 && count(service, .unknown) == 5)
    }

    @Test("Without a valid and recent signature nothing is read")
    func unsigned() async throws {
        let service = try await ServiceFixture()
        let withdrawal = try await open(service)
        let body = callback(withdrawal, .succeeded).json
        let now = service.bank.clock.now
        let good = CallbackSignature(body, secret: ServiceFixture.callbackSecrets[0], at: now).text
        let stranger = CallbackSignature(body, secret: Secret(String(repeating: "s", count: 32)), at: now).text
        let old = CallbackSignature(body, secret: ServiceFixture.callbackSecrets[0], at: now - 301_000).text
        for signature in [nil, "", "t=1", stranger, old, good + ",", "\(good), \(good)"] {
            let answer = try await service.receive(body, signature: signature)
            #expect(answer.status == 403 && answer.code == "invalid_signature", "\(signature ?? "none")")
        }
        let other = callback(withdrawal, .declined).json
        #expect(try await service.receive(other, signature: good).status == 403, "it covers the body")
        #expect(try await service.receive(Array("{".utf8), signature: good).status == 403)
        #expect(try await state(service, withdrawal) == "processing")
        #expect(count(service, .unsigned) == 9)
        #expect(try await service.receive(body, signature: good).status == 204)
    }

    @Test("The secret before this one is still good")
    func overlap() async throws {
        let service = try await ServiceFixture()
        let withdrawal = try await open(service)
        let body = callback(withdrawal, .succeeded).json
        let old = CallbackSignature(body, secret: ServiceFixture.callbackSecrets[1], at: service.bank.clock.now).text
        #expect(try await service.receive(body, signature: old).status == 204)
    }

    @Test(
        "What is signed and wrong is said",
        arguments: [
            (#"{"id":"a","key":"k","amount":1,"currency":"USD","status":"done"}"#, 422),
            (#"{"id":"a","key":"k","amount":1,"currency":"USD","status":"declined"}"#, 422),
            (#"{"id":"a","key":"k","amount":1,"currency":"USD","status":"succeeded","reason":"r"}"#, 422),
            (#"{"id":"a","key":"k","amount":0,"currency":"USD","status":"succeeded"}"#, 422),
            (#"{"id":"a","key":"k","amount":1.0,"currency":"USD","status":"succeeded"}"#, 422),
            (#"{"id":"a","key":"k","amount":1,"currency":"USD","status":"succeeded","more":1}"#, 422),
            (#"{"id":"a","id":"b"}"#, 400), ("[", 400), ("[]", 422),
        ])
    func invalid(body: String, status: Int) async throws {
        let service = try await ServiceFixture()
        #expect(try await service.receive(Array(body.utf8)).status == status)
    }

    @Test func limits() async throws {
        let service = try await ServiceFixture()
        #expect(try await service.receive(Array(repeating: 0x20, count: CallbackRoutes.bodyLimit + 1)).status == 413)
        #expect(try await service.receive([], type: "text/plain").status == 415)
        #expect(try await service.send(.get, "/v1/processor/callbacks").status == 405)
    }

    @Test("Callbacks and polling race for every end, and each is there once")
    func races() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 1_000)
        var open: [ProcessorOperation] = []
        for number in 0..<40 {
            let destination = number % 2 == 0 ? "bank_slow" : "bank_slow_declined"
            let answer = try await service.post(
                "/v1/withdrawals", key: "w\(number)",
                #"{"account":"\#(ann)","amount":10,"destination":"\#(destination)"}"#)
            let id = try #require(try answer.json["id"]?.string)
            open.append(try #require(try await service.bank.store.operation(id, .withdrawal, of: "ann")))
        }
        service.bank.clock.advance(seconds: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { _ = try await service.saga.resume(all: true) } }
            for (number, operation) in open.enumerated() {
                let told = ProcessorCallback(
                    id: "cb", key: operation.order.key, amount: 10, currency: "USD",
                    status: number % 2 == 0 ? .succeeded : .declined,
                    reason: number % 2 == 0 ? nil : "declined_by_bank")
                for _ in 0..<2 {
                    group.addTask {
                        let status = try await service.receive(told).status
                        #expect(status == 204)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await service.bank.balance(ann, of: "ann").posted == 800)
        #expect(try await service.bank.balance(ann, of: "ann").pending == 0)
        #expect(try await service.bank.count("outbox") == 41, "one event for each end")
        #expect(count(service, .contradicted) == 0)
        try await service.bank.expectBalanced()
    }
}
