import Crypto
import CryptoExtras
import Foundation

// What the parts of a login and of a refresh cost by themselves, on one thread: `bench-parts SECONDS` prints how many
// password hashes and how many ES256 signatures that is per second.

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
print("RESULT {\"hashes_per_second\":\(hashes),\"signatures_per_second\":\(signatures)}")
