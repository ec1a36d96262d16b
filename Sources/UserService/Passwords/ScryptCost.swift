/// The parameters of scrypt (RFC 7914 §2): N = 2^`logN`, `r`, `p`.
struct ScryptCost: Sendable, Equatable {
    /// What new hashes are made with (OWASP Password Storage Cheat Sheet, scrypt with 16 MiB).
    static let standard = ScryptCost(logN: 14, r: 8, p: 5)

    /// 1–20; the exponent of N.
    let logN: Int
    /// 1–32; the block size.
    let r: Int
    /// 1–64; how many times the mixing runs, one after the other.
    let p: Int

    /// Costs outside the bounds trap: they are the program's own. Stored ones are read by ``init(checking:r:p:)``.
    init(logN: Int, r: Int, p: Int) {
        precondition(Self.isBounded(logN, r, p), "scrypt cost out of bounds")
        (self.logN, self.r, self.p) = (logN, r, p)
    }

    /// Reads a stored cost; nil outside bounds that keep one hash under a gigabyte.
    init?(checking logN: Int, r: Int, p: Int) {
        guard Self.isBounded(logN, r, p) else { return nil }
        (self.logN, self.r, self.p) = (logN, r, p)
    }

    private static func isBounded(_ logN: Int, _ r: Int, _ p: Int) -> Bool {
        (1...20).contains(logN) && (1...32).contains(r) && (1...64).contains(p)
    }

    /// Bytes that one computation holds: 128 · N · r, and 128 · r · p for the lanes.
    var memory: Int { 128 * r * ((1 << logN) + p) }

    /// The time of one computation in units of its own: N · r · p.
    var work: Int { (1 << logN) * r * p }

    /// Whether a hash of this cost is to be replaced by one of `other`.
    func isBelow(_ other: ScryptCost) -> Bool { work < other.work || memory < other.memory }

    /// What has to be computed after a hash of this cost so that both together take as long as one of `other`; nil when
    /// this one takes as long already.
    ///
    /// A wrong password for an account whose hash is of an older, lower cost must not answer sooner than an unknown
    /// e-mail does. Lanes run one after the other, so that missing work is more lanes of the same size.
    func complement(to other: ScryptCost) -> ScryptCost? {
        let lanes = (other.work - work) / ((1 << logN) * r)
        return lanes >= 1 ? ScryptCost(logN: logN, r: r, p: min(lanes, 64)) : nil
    }
}
