import Chassis
import Crypto
import CryptoExtras
import Foundation

// What the parts of a login, of a refresh and of a scrape cost by themselves, on one thread: `bench-parts SECONDS` prints how
// many password hashes, ES256 signatures and expositions of a busy gateway's metrics that is per second.

let seconds = CommandLine.arguments.dropFirst().first.flatMap(Double.init) ?? 2

func rate(_ work: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    var count = 0
    while clock.now - start < .seconds(seconds) {
        try work()
        count += 1
    }
    return Double(count) / ((clock.now - start) / .seconds(1))
}

// The cost of user-service: N = 2^14, r = 8, p = 5.
let hashes = try rate {
    _ = try KDF.Scrypt.deriveKey(
        from: Array("correct horse battery".utf8), salt: Array("0123456789abcdef".utf8), outputByteCount: 32,
        rounds: 1 << 14,
        blockSize: 8, parallelism: 5)
}
let key = P256.Signing.PrivateKey()
// The size of an access token's claims.
let claims = Data(repeating: 0x61, count: 500)
let signatures = try rate { _ = try key.signature(for: claims) }
// A gateway with 110 routes, each answered with eight statuses: 15,000 lines.
let registry = MetricsRegistry()
let durations = Metric.histogram("http_server_request_duration_seconds", "status", "route", help: "Durations.")
for route in 0..<110 {
    for status in [200, 201, 400, 401, 404, 409, 429, 503] {
        let labels: KeyValuePairs = ["status": String(status), "route": "/api/v1/things/\(route)/{id}"]
        let histogram = registry.histogram(durations, labels: labels)
        for value in 1...50 { histogram.observe(Double(value) / 1_000) }
    }
}
let expositions = rate { _ = registry.exposition() }
let rates = [
    ("hashes", hashes), ("signatures", signatures), ("expositions", expositions),
]
print("RESULT {\(rates.map { "\"\($0.0)_per_second\":\($0.1)" }.joined(separator: ","))}")
