/// An answer as it is kept under its key, to be given again byte for byte.
struct StoredAnswer: Sendable, Hashable {
    /// HTTP status code.
    let status: Int
    /// JSON; a problem document when the status is 400 or above.
    let body: [UInt8]
    /// The `Location` field, where there was one.
    let location: String?
}

/// What is stored under a key.
struct KeyRecord: Sendable, Hashable {
    let fingerprint: Fingerprint
    /// Nil while a saga is under way.
    let answer: StoredAnswer?
}

/// What to do with a request that carries a key.
enum IdempotencyDecision: Sendable, Hashable {
    /// The first of its kind: do it.
    case proceed
    /// It has been done: give the same answer.
    case replay(StoredAnswer)
    /// The key belongs to another request (422).
    case reused
    /// It is being done (409).
    case inProgress

    init(record: KeyRecord?, fingerprint: Fingerprint) {
        guard let record else {
            self = .proceed
            return
        }
        if record.fingerprint != fingerprint {
            self = .reused
        } else if let answer = record.answer {
            self = .replay(answer)
        } else {
            self = .inProgress
        }
    }
}
