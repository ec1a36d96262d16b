import Chassis
import Foundation
import HTTPTypes
import JSON
import Synchronization
import TestSupport
import Testing

/// Signing keys follow each other under load, and no good token is refused.
@Suite(.serialized) struct KeyRotationTests {
    /// Times in seconds instead of minutes; what depends on each other stands in the same order.
    private static func system() async throws -> DirectSystem {
        let directory = try TemporaryDirectory()
        let text = try Document("config/gateway.yaml").text
            .replacing("refresh: 5m", with: "refresh: 1s").replacing("clock_skew: 60s", with: "clock_skew: 2s")
        let file = try directory.write(text, to: "gateway.yaml")
        return try await DirectSystem(
            environment: [
                "RATE_LIMITS": "off", "GATEWAY_CONFIG": file, "ACCESS_TOKEN_SECONDS": "8", "KEY_PUBLISH_SECONDS": "4",
                "KEY_OVERLAP_SECONDS": "14", "KEY_ROTATION_DAYS": "\(5.0 / 86_400)",
            ], keeping: directory)
    }

    /// The ids of the keys that have signed.
    private final class Seen: Sendable {
        private let ids = Mutex<Set<String>>([])
        var count: Int { ids.withLock(\.count) }

        func note(_ token: String) {
            guard let part = token.split(separator: ".").first, let bytes = Base64URL.decode(String(part)),
                let id = try? JSONValue(parsing: bytes)["kid"]?.string
            else { return }
            ids.withLock { _ = $0.insert(id) }
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func rotationsUnderLoadRefuseNoGoodToken() async throws {
        let system = try await Self.system()
        let replica = try await system.startReplica()
        let (load, seen) = (Load(), Seen())
        var people: [Person] = []
        for _ in 0..<3 { people.append(try await Person(system.api)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in people {
                group.addTask { try await Self.use(person, [system.api, replica], load, seen) }
            }
            do {
                try await waitUntil("four keys have signed", timeout: .seconds(120)) {
                    seen.count >= 4 || !load.failures.isEmpty
                }
                load.stop()
            } catch {
                load.stop()
                throw error
            }
            try await group.waitForAll()
        }
        #expect(load.failures.isEmpty, "\(load.failures.prefix(3))")
        let keys = try await system.api.send(.get, "/.well-known/jwks.json").body["keys"]?.array?.count ?? 0
        #expect((2...6).contains(keys))
        await system.stopAll()
    }

    /// Thousands of tokens whose keys nobody knows: user-service is asked once at most, and who has a good token does not
    /// notice.
    @Test(.timeLimit(.minutes(2))) func aFloodOfUnknownKeysReachesNobody() async throws {
        let system = try await DirectSystem()
        let admin = APIClient(port: system.port + 1_000)
        let ada = try await Person(system.api)
        let load = Load()
        let forged = Self.tokens(like: ada.token, 2_000)
        let before = try await Exposition(admin)
        let began = ContinuousClock.now
        let admitted = try await withThrowingTaskGroup(of: Int.self) { group in
            // Else an error would wait for a load that goes on for ever.
            defer { load.stop() }
            group.addTask {
                try await load.run { _ in try await system.api.send(.get, "/api/v1/users/me", token: ada.token) }
                return 0
            }
            try await load.waitForAnswers(20)
            for part in 0..<4 {
                group.addTask {
                    var admitted = 0
                    for index in stride(from: part, to: forged.count, by: 4) {
                        let answer = try await system.api.send(.get, "/api/v1/users/me", token: forged[index])
                        if answer.status != 401 { admitted += 1 }
                    }
                    load.stop()
                    return admitted
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(admitted == 0)
        #expect(load.failures.isEmpty, "\(load.failures.prefix(3))")
        let after = try await Exposition(admin)
        #expect(after.sum(of: "gateway_tokens_total") >= before.sum(of: "gateway_tokens_total") + forged.count)
        let periods = Int((ContinuousClock.now - began) / .seconds(30)) + 1
        let fetches = after.sum(of: "gateway_jwks_fetches_total") - before.sum(of: "gateway_jwks_fetches_total")
        #expect(fetches <= periods, "\(fetches) fetches in \(periods) cool-downs")
        await system.stopAll()
    }

    /// Tokens with the claims and the signature of a good one, each under the id of another key.
    private static func tokens(like good: String, _ count: Int) -> [String] {
        let parts = good.split(separator: ".").map(String.init)
        return (0..<count).map { number in
            let header = #"{"alg":"ES256","typ":"at+jwt","kid":"unknown-\#(number)"}"#
            return "\(Base64URL.encode(Array(header.utf8))).\(parts[1]).\(parts[2])"
        }
    }

    /// Refreshes, then uses the token at both gateways almost until it expires.
    private static func use(_ person: Person, _ gateways: [APIClient], _ load: Load, _ seen: Seen) async throws {
        var refresh = person.refreshToken
        var (token, until) = ("", ContinuousClock.now)
        try await load.run { step in
            try await Task.sleep(for: .milliseconds(20))
            if ContinuousClock.now >= until {
                let answer = try await gateways[0].send(
                    .post, "/api/v1/tokens/refresh", ["refresh_token": .string(refresh)])
                token = answer.body["access_token"]?.string ?? ""
                refresh = answer.body["refresh_token"]?.string ?? refresh
                until = ContinuousClock.now + .seconds(6)
                seen.note(token)
                return answer
            }
            return try await gateways[step % gateways.count].send(.get, "/api/v1/users/me", token: token)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func theServiceStartsWithItsOwnEncryptionKeyOnly() async throws {
        let system = try await DirectSystem()
        let before = try await system.api.send(.get, "/.well-known/jwks.json").bytes
        await system.stop("user-service")
        let path = "\(system.data)/keys/user-service/encryption.key"
        let key = try String(contentsOfFile: path, encoding: .utf8)
        let other = Base64URL.encode(Array(repeating: 7, count: 32))
        try other.write(toFile: path, atomically: true, encoding: .utf8)
        await #expect(throws: (any Error).self) { try await system.start("user-service") }
        let output = system.output("user-service")
        #expect(output.contains("SIGNING_KEY_ENCRYPTION_KEY_FILE="))
        #expect(!output.contains(other))
        try key.write(toFile: path, atomically: true, encoding: .utf8)
        try await system.start("user-service")
        #expect(try await system.api.send(.get, "/.well-known/jwks.json").bytes == before)
        await system.stopAll()
    }
}
