import Chassis

/// Everything that is refused: a pure value.
struct RevocationList: Sendable {
    private var held: [Revocation.Kind: [String: Int64]] = [:]

    init(_ revocations: [Revocation] = []) {
        for revocation in revocations { add(revocation) }
    }

    func count(of kind: Revocation.Kind) -> Int { held[kind]?.count ?? 0 }

    mutating func apply(_ change: RevocationChange) {
        switch change {
        case .add(let revocation): add(revocation)
        case .unlock(let user): held[.lockedUser]?[user] = nil
        }
    }

    /// Takes these users for the locked ones, and no others.
    mutating func replaceLocked(by users: [String]) {
        held[.lockedUser] = Dictionary(users.map { ($0, .max) }) { first, _ in first }
    }

    /// Forgets what is old enough.
    mutating func forget(now: Int64) {
        for kind in Revocation.Kind.allCases where held[kind]?.contains(where: { $0.value <= now }) == true {
            held[kind] = held[kind]?.filter { $0.value > now }
        }
    }

    /// Why a request of this caller is refused; `nil` when it is not.
    func refusal(of caller: CallerIdentity) -> Revocation.Kind? {
        if let session = caller.sessionID, holds(.session, session) { return .session }
        if let key = caller.keyID, holds(.apiKey, key) { return .apiKey }
        guard let user = caller.subject else { return nil }
        if holds(.lockedUser, user) { return .lockedUser }
        return holds(.erasedUser, user) ? .erasedUser : nil
    }

    private func holds(_ kind: Revocation.Kind, _ id: String) -> Bool { held[kind]?[id] != nil }

    private mutating func add(_ revocation: Revocation) {
        held[revocation.kind, default: [:]][revocation.id] = revocation.until ?? .max
    }
}
