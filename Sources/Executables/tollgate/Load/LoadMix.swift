/// What one request of the load does.
enum LoadOperation: String, CaseIterable, Sendable {
    /// Reads an account, a list of payments or the overview.
    case read
    /// Pays somebody else, by a fresh idempotency key.
    case pay
    /// Gives back a part of an earlier payment.
    case refund
    /// Logs in with a password.
    case login
    /// Signs somebody new up.
    case signUp = "sign-up"
}

/// How often each operation is chosen: weights, written `read=60,pay=30,refund=5,login=4,sign-up=1`.
struct LoadMix: Equatable, Sendable {
    /// Mostly reads and payments; few passwords, each of which costs the CPU a tenth of a second.
    static let standard = LoadMix([.read: 60, .pay: 30, .refund: 6, .login: 3, .signUp: 1])

    private let weights: [(operation: LoadOperation, upTo: Int)]
    private let total: Int

    init(_ weights: [LoadOperation: Int]) {
        var total = 0
        self.weights = LoadOperation.allCases.compactMap { operation in
            guard let weight = weights[operation], weight > 0 else { return nil }
            total += weight
            return (operation, total)
        }
        self.total = total
    }

    /// Nil when it names no operation, one twice, or a weight that is no whole number up to a million.
    init?(_ text: String) {
        var weights: [LoadOperation: Int] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let operation = LoadOperation(rawValue: String(pair[0])), weights[operation] == nil,
                let weight = Int(pair[1]), (0...1_000_000).contains(weight)
            else { return nil }
            weights[operation] = weight
        }
        guard weights.values.contains(where: { $0 > 0 }) else { return nil }
        self.init(weights)
    }

    /// The operations that can be chosen.
    var operations: [LoadOperation] { weights.map(\.operation) }

    /// One of them by its weight.
    func choose(using random: inout some RandomNumberGenerator) -> LoadOperation {
        let number = Int.random(in: 0..<total, using: &random)
        return (weights.first { number < $0.upTo } ?? weights[0]).operation
    }

    static func == (one: LoadMix, other: LoadMix) -> Bool {
        one.weights.elementsEqual(other.weights) { $0 == $1 }
    }
}
