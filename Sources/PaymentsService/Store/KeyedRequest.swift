import Chassis

/// A request that is done at most once: who asks, under which key, for what.
struct KeyedRequest: Sendable {
    /// The caller's user id. Keys of different users never meet.
    let subject: String
    let key: IdempotencyKey
    let fingerprint: Fingerprint
    /// What the document of a refusal says about the request it refuses.
    let occurrence: Occurrence
    /// Until when the caller waits.
    var deadline = Deadline.none
}

/// A request as a problem document names it.
struct Occurrence: Sendable, Hashable {
    let requestID: String
    let traceID: String
}

/// How a request under a key ended.
enum KeyedOutcome: Sendable, Hashable {
    case answered(StoredAnswer)
    case replayed(StoredAnswer)
    case reused
    case inProgress
    /// Refused in the one way that is not kept: the same key may be tried again.
    case notFound

    /// What a key that exists already comes to; nil when the request is still to be done.
    init?(_ decision: IdempotencyDecision) {
        switch decision {
        case .proceed: return nil
        case .replay(let answer): self = .replayed(answer)
        case .reused: self = .reused
        case .inProgress: self = .inProgress
        }
    }
}
