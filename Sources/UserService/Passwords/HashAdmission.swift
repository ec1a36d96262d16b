/// Decides which hash computations may wait and which are turned away: a pure state machine over a clock of its caller's.
///
/// A hash takes a fixed piece of memory and a long time. Without a bound a burst of logins would make everyone wait until
/// their clients give up, and then compute for nobody. So at most `width` run at once (that bounds memory), and one is
/// only accepted when it will, by the running mean, begin within `longestWait`.
struct HashAdmission: Sendable {
    /// Computations at once.
    let width: Int
    /// How long one may wait to begin, nanoseconds.
    let longestWait: UInt64
    /// Accepted and not finished.
    private(set) var pending = 0
    /// Turned away so far, at once or because the wait became too long.
    private(set) var shed = 0
    /// The mean time of a computation, nanoseconds: an exponentially weighted one over the last ten or so.
    private(set) var meanCost: UInt64

    init(width: Int, longestWait: UInt64, expectedCost: UInt64) {
        self.width = max(1, width)
        self.longestWait = longestWait
        meanCost = expectedCost
    }

    /// How long the next one would wait to begin, nanoseconds.
    var wait: UInt64 {
        let ahead = max(0, pending - width + 1)
        // In whole rounds: the computations ahead run `width` at a time.
        let rounds = (ahead + width - 1) / width
        return UInt64(rounds) &* meanCost
    }

    /// Accepts one more, or says after how many nanoseconds there may be room.
    mutating func admit() -> Admission {
        let wait = wait
        guard wait <= longestWait else {
            shed += 1
            return .shed(retryAfter: wait - longestWait + meanCost)
        }
        pending += 1
        return .admitted
    }

    /// Takes one that was accepted off the books; `cost` is how long it computed, or nil when it never began.
    mutating func finished(cost: UInt64?) {
        pending -= 1
        guard let cost else {
            shed += 1
            return
        }
        meanCost = (meanCost &* 9 &+ cost) / 10
    }

    /// The answer to ``admit()``.
    enum Admission: Equatable, Sendable {
        case admitted
        /// Nanoseconds.
        case shed(retryAfter: UInt64)
    }
}
