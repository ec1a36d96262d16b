/// Names for a short while. Pure. All times in milliseconds.
struct NameCache: Sendable {
    enum Answer: Sendable, Equatable {
        /// Nil for a user who does not exist.
        case known(String?)
        /// Nobody is to be asked now: the last one who was did not answer.
        case silence
        case ask
    }

    /// How long a name is believed: somebody who has another one, or is gone, shows it by then.
    static let lifetime: Int64 = 30_000
    /// How long nobody is asked after a failure.
    static let pause: Int64 = 2_000
    /// The most names.
    static let capacity = 10_000

    private var names: [String: (name: String?, until: Int64)] = [:]
    private var asksAgainAt: Int64 = 0

    /// How many are held.
    var count: Int { names.count }

    func lookUp(_ user: String, at now: Int64) -> Answer {
        if let entry = names[user], now < entry.until, entry.until - now <= Self.lifetime { return .known(entry.name) }
        return now < asksAgainAt && asksAgainAt - now <= Self.pause ? .silence : .ask
    }

    mutating func insert(_ name: String?, of user: String, at now: Int64) {
        if names.count >= Self.capacity, names[user] == nil {
            names = names.filter { now < $0.value.until }
            // All of them within the lifetime: they are asked for again.
            if names.count >= Self.capacity { names = [:] }
        }
        names[user] = (name, now + Self.lifetime)
    }

    mutating func failed(at now: Int64) { asksAgainAt = now + Self.pause }
}
