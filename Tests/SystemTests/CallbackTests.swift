import Crypto
import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

/// Callbacks through the gateway: those of the sandbox, and some that a test signs with what it finds in the key's file.
@Suite struct CallbackTests {
    private static let path = "/api/v1/processor/callbacks"

    private func signature(_ body: String, by secret: String, age seconds: Int = 0) -> String {
        let time = Int(Date().timeIntervalSince1970) - seconds
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(time).\(body)".utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return "t=\(time),v1=" + code.map { String(format: "%02x", $0) }.joined()
    }

    private func post(_ api: APIClient, _ body: String, _ signature: String?) async throws -> APIClient.Answer {
        try await api.send(
            .post, Self.path, raw: Array(body.utf8), fields: signature.map { ["Processor-Signature": $0] } ?? [:])
    }

    @Test("The sandbox's callbacks arrive, and end what nobody would ask about yet")
    func sandbox() async throws {
        let system = try await SharedSystem.system
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        let answer = try await system.api.send(
            .post, "/api/v1/deposits",
            ["account": .string(account), "amount": 500, "source": "card_duplicate_callback"], token: ada.token,
            key: "callback-\(account)")
        #expect(answer.status == 202)
        let location = try #require(answer.field("Location"))
        try await waitUntil("it has ended", timeout: .seconds(60)) {
            try await system.api.send(.get, location, token: ada.token).body["status"]?.string == "succeeded"
        }
        // The second callback comes after the end, and is taken as what it is.
        try await waitUntil("both callbacks are there", timeout: .seconds(60)) {
            let metrics = try await APIClient(port: system.port + 1002).send(.get, "/metrics").text
            let counts = metrics.matches(of: /processor_callbacks_total\{result="(applied|repeated)"\} (\d+)/)
            return counts.compactMap { Int($0.2) }.reduce(0, +) >= 2
        }
        #expect(try await ada.posted(account) == 500)
    }

    @Test("Only what is signed by the secret of the moment is believed, and a secret is changed without a gap")
    func secrets() async throws {
        let system = try await DirectSystem(
            environment: ["RATE_LIMITS": "off", "SANDBOX_SLOW_MILLISECONDS": "600000"])
        let ada = try await Person(system.api)
        let account = try await ada.openAccount()
        var ids: [String] = []
        for number in 0..<3 {
            let answer = try await system.api.send(
                .post, "/api/v1/deposits", ["account": .string(account), "amount": 5, "source": "card_slow"],
                token: ada.token, key: "slow-\(number)")
            ids.append(try #require(answer.body["id"]?.string))
        }
        let bodies = ids.map {
            #"{"id":"cb_1","key":"\#($0):charge","amount":5,"currency":"USD","status":"succeeded"}"#
        }
        let file = "\(system.data)/keys/payments-service/callback.secret"
        let old = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let new = String(repeating: "new-secret-", count: 4)
        for wrong in [
            nil, "", signature(bodies[0], by: new), signature(bodies[1], by: old),
            signature(bodies[0], by: old, age: 400), signature(bodies[0], by: old, age: -400),
        ] {
            let answer = try await post(system.api, bodies[0], wrong)
            #expect(answer.status == 403 && answer.code == "invalid_signature", "\(wrong ?? "none")")
        }
        #expect(try await post(system.api, bodies[0], signature(bodies[0], by: old)).status == 204)
        try "\(new)\n\(old)\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await post(system.api, bodies[1], signature(bodies[1], by: old)).status == 204)
        #expect(try await post(system.api, bodies[2], signature(bodies[2], by: new)).status == 204)
        try "\(new)\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await post(system.api, bodies[0], signature(bodies[0], by: old)).status == 403)
        #expect(try await ada.posted(account) == 15)
        let big = String(repeating: " ", count: 5_000)
        #expect(try await post(system.api, big, signature(big, by: new)).status == 413)
        #expect(!system.output.contains(old) && !system.output.contains(new), "no secret is logged")
        await system.stopAll()
    }
}
