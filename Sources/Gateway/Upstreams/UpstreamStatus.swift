import Synchronization

/// The state of an upstream at one moment, for the admin port and the metrics.
struct UpstreamStatus: Sendable, Equatable {
    struct Address: Sendable, Equatable {
        /// `10.0.0.1:8080`.
        var address: String
        var weight: Int
        /// Whether active checks find it well; `nil` while there are none.
        var isHealthy: Bool?
        /// Milliseconds until the end of its ejection; `nil` when it is not ejected.
        var ejectedFor: UInt64?
        /// Why it is ejected.
        var cause: String?
        /// Whether nothing speaks against using it.
        var isFit: Bool
        /// Requests that are not answered to the last byte.
        var inFlight: Int
        /// All requests so far, retries included.
        var requests: UInt64
        /// A moving average of the time until the head of an answer, in microseconds.
        var latencyMicroseconds: UInt64
    }

    enum Breaker: String, Sendable, CaseIterable {
        case closed
        case open
        case halfOpen = "half_open"
    }

    var name: String
    var addresses: [Address]
    var breaker: Breaker
    /// Whether so few addresses are fit that all are used.
    var isPanicking: Bool
    /// Requests that wait for an address.
    var waiting: Int
}

extension Upstream {
    /// What there is to say at `now`, in milliseconds of the loops' clock.
    func status(now: UInt64) -> UpstreamStatus {
        let members = self.members
        return UpstreamStatus(
            name: configuration.name,
            addresses: members.map { member in
                UpstreamStatus.Address(
                    address: member.endpoint.name, weight: member.weight,
                    isHealthy: configuration.health != nil && member.health.isKnown ? member.health.isHealthy : nil,
                    ejectedFor: member.outlier.ejectedUntil.map { $0 > now ? $0 - now : 0 },
                    cause: member.outlier.cause?.rawValue, isFit: member.isFit, inFlight: member.endpoint.inFlight,
                    requests: member.endpoint.tries, latencyMicroseconds: member.endpoint.latencyMicroseconds)
            },
            breaker: breakerStatus, isPanicking: !members.isEmpty && isPanicking, waiting: hall.count)
    }

    private var breakerStatus: UpstreamStatus.Breaker {
        switch breaker.withLock({ $0.state }) {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }
}
