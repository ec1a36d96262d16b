import Chassis
import Crypto
import CryptoExtras

/// A password hash as it is stored: a PHC string, `$scrypt$ln=14,r=8,p=5$<salt>$<hash>` (base 64 without padding).
struct ScryptHash: Sendable, Equatable {
    let cost: ScryptCost
    private let salt: [UInt8]
    private let digest: [UInt8]

    /// Hashes `password` with a random salt of 16 bytes. Takes about 0.1–0.3 s and ``ScryptCost/memory`` bytes: never on
    /// an event loop.
    init(of password: Password, cost: ScryptCost) throws {
        var generator = SystemRandomNumberGenerator()
        try self.init(of: password, cost: cost, salt: .random(16, using: &generator))
    }

    init(of password: Password, cost: ScryptCost, salt: [UInt8]) throws {
        self.cost = cost
        self.salt = salt
        digest = try Self.derive(password, salt: salt, cost: cost)
    }

    /// A hash that no password matches and that costs as much to check as any other of its cost.
    init(unmatchable cost: ScryptCost) {
        var generator = SystemRandomNumberGenerator()
        self.cost = cost
        salt = .random(16, using: &generator)
        digest = .random(32, using: &generator)
    }

    /// Reads a stored hash.
    /// - Returns: nil when it is not one, or its cost is out of bounds.
    init?(phc text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let cost = Self.cost(parts[2]),
            let salt = Self.decode(parts[3]), let digest = Self.decode(parts[4]), digest.count == 32, !salt.isEmpty
        else { return nil }
        (self.cost, self.salt, self.digest) = (cost, salt, digest)
    }

    /// The PHC string.
    var phc: String {
        "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Self.encode(salt))$\(Self.encode(digest))"
    }

    /// Whether `password` is the one. As slow as making the hash; the comparison takes the same time for every answer.
    func matches(_ password: Password) throws -> Bool {
        constantTimeEqual(try Self.derive(password, salt: salt, cost: cost), digest)
    }

    private static func derive(_ password: Password, salt: [UInt8], cost: ScryptCost) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: password.bytes, salt: salt, outputByteCount: 32, rounds: 1 << cost.logN, blockSize: cost.r,
            parallelism: cost.p)
        return key.withUnsafeBytes { Array($0) }
    }

    private static func cost(_ text: Substring) -> ScryptCost? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasPrefix("ln="), parts[1].hasPrefix("r="), parts[2].hasPrefix("p="),
            let logN = Int(parts[0].dropFirst(3)), let r = Int(parts[1].dropFirst(2)),
            let p = Int(parts[2].dropFirst(2))
        else { return nil }
        return ScryptCost(checking: logN, r: r, p: p)
    }

    // PHC's "B64" is the standard alphabet without padding; the URL-safe one differs in two characters.
    private static func encode(_ bytes: [UInt8]) -> String {
        String(Base64URL.encode(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        guard !text.contains("-"), !text.contains("_") else { return nil }
        return Base64URL.decode(String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
    }
}
