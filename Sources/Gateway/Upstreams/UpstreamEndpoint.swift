import Sockets
import Synchronization

/// One address of an upstream, with what the loops count about it while requests run.
///
/// A new configuration goes on with the same object, so that requests of the old one are still counted. Everything that
/// changes with each request lies in one place in memory. Times are milliseconds of the loops' clock.
final class UpstreamEndpoint: Sendable {
    let address: SocketAddress
    /// What `Host` says there.
    let authority: Endpoint
    /// The address as text: in logs, metrics and on the admin port.
    let name: String
    /// A hash of the address that is the same in every process.
    let hash: UInt64

    private let tryCount = Atomic<UInt64>(0)
    private let answerCount = Atomic<UInt64>(0)
    private let lossCount = Atomic<UInt64>(0)
    private let streaming = Atomic<Int>(0)
    /// Microseconds, a moving average.
    private let latency = Atomic<UInt64>(0)
    /// Whether its latest request failed: only then must a success be told to anybody.
    private let isSuspect = Atomic<Bool>(false)

    init(address: SocketAddress, authority: Endpoint) {
        self.address = address
        self.authority = authority
        name = address.description
        hash = StableHash.of(name)
    }

    // MARK: - Requests

    /// A request is about to be sent.
    @inline(__always)
    func began() { tryCount.wrappingAdd(1, ordering: .relaxed) }

    /// The head of its answer is there.
    @inline(__always)
    func answered(afterNanoseconds time: UInt64) {
        answerCount.wrappingAdd(1, ordering: .relaxed)
        // Updates of two loops may overtake each other; an average forgives that.
        let old = latency.load(ordering: .relaxed)
        latency.store(old &- old / 8 &+ time / 8_000, ordering: .relaxed)
    }

    /// There is no answer: it failed, or nobody waits for it any longer.
    func gaveUp() { lossCount.wrappingAdd(1, ordering: .relaxed) }

    /// The body of an answer is still on its way: the request is in flight for as long as the returned object lives.
    func streams() -> StreamMark { StreamMark(self) }

    /// Holds a request in flight until the last byte of its answer.
    final class StreamMark: Sendable {
        private let endpoint: UpstreamEndpoint

        fileprivate init(_ endpoint: UpstreamEndpoint) {
            self.endpoint = endpoint
            endpoint.streaming.wrappingAdd(1, ordering: .relaxed)
        }

        deinit { endpoint.streaming.wrappingSubtract(1, ordering: .relaxed) }
    }

    // MARK: - Reading

    /// Requests sent and not answered to the last byte.
    var inFlight: Int { unanswered + streaming.load(ordering: .relaxed) }

    /// Requests whose answer has not begun.
    var unanswered: Int {
        let ended = answers &+ lossCount.load(ordering: .relaxed)
        return max(0, Int(truncatingIfNeeded: tries &- ended))
    }

    /// All requests so far, retries included.
    var tries: UInt64 { tryCount.load(ordering: .relaxed) }

    /// Those of them that were answered.
    var answers: UInt64 { answerCount.load(ordering: .relaxed) }

    /// The moving average of the time until the head of an answer, in microseconds.
    var latencyMicroseconds: UInt64 { latency.load(ordering: .relaxed) }

    /// Whether failures are on record that a success has to wipe out.
    var hasFailed: Bool { isSuspect.load(ordering: .relaxed) }

    func note(failed: Bool) { isSuspect.store(failed, ordering: .relaxed) }
}
