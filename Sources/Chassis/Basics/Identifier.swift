import Synchronization

/// Makes the ids of objects: a prefix that names the kind, and 26 characters that sort by time of creation.
public protocol IdentifierGenerator: Sendable {
    /// A new id: `make("usr")` gives `usr_01jd8x2v9k…` (prefix, `_`, 26 characters).
    func make(_ prefix: String) -> String
}

/// UUIDv7 (RFC 9562 §5.7) in Crockford's base 32, lower case.
///
/// Ids of one generator grow strictly, also within one millisecond (RFC 9562 §6.2, method 1: the 12 bits after the
/// version count). The other 62 bits are random, so an id cannot be guessed from its neighbour.
public final class UUIDv7Generator: IdentifierGenerator {
    private let clock: any WallClock
    private let last = Mutex<(time: UInt64, count: UInt64)>((0, 0))

    /// Takes its time from `clock`.
    public init(clock: any WallClock = SystemWallClock()) { self.clock = clock }

    /// A new id with `prefix`.
    public func make(_ prefix: String) -> String {
        Identifier.string(prefix, next())
    }

    private func next() -> UInt128 {
        let now = UInt64(max(0, clock.now))
        let (time, count) = last.withLock { last in
            if now > last.time {
                last = (now, UInt64.random(in: 0..<1_024))
            } else if last.count < 4_095 {
                last.count += 1
            } else {
                // The counter is spent (or the clock went back): borrow the next millisecond.
                last = (last.time + 1, 0)
            }
            return last
        }
        let high = (time & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | count
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0..<(1 << 62))
        return UInt128(high) << 64 | UInt128(low)
    }
}

/// Ids that count up from 1, for tests.
public final class SequentialIdentifierGenerator: IdentifierGenerator {
    private let count = Atomic<UInt64>(0)

    /// Starts at 1.
    public init() {}

    /// `make("usr")` gives `usr_00000000000000000000000001`, then …2.
    public func make(_ prefix: String) -> String {
        Identifier.string(prefix, UInt128(count.wrappingAdd(1, ordering: .relaxed).newValue))
    }
}

/// The grammar of ids: `<prefix>_` and 26 characters of Crockford's base 32 (no i, l, o, u) in lower case.
public enum Identifier {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Makes an id with the process's own generator. Code that is tested with fixed ids takes an
    /// ``IdentifierGenerator`` instead.
    public static func make(_ prefix: String) -> String { standard.make(prefix) }

    /// The process's own generator, on the system's clock.
    public static let standard: any IdentifierGenerator = UUIDv7Generator()

    /// Whether `text` is an id with `prefix`. Look this up before asking a database: what is not an id is not there.
    public static func isValid(_ text: String, prefix: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == prefix.utf8.count + 27, bytes.starts(with: prefix.utf8) else { return false }
        let rest = bytes.dropFirst(prefix.utf8.count)
        guard rest.first == UInt8(ascii: "_"), let lead = rest.dropFirst().first else { return false }
        // 26 characters hold 130 bits: the first carries only three.
        return lead <= UInt8(ascii: "7") && rest.dropFirst().allSatisfy { alphabet.contains($0) }
    }

    static func string(_ prefix: String, _ value: UInt128) -> String {
        var bytes = Array(prefix.utf8)
        bytes.reserveCapacity(bytes.count + 27)
        bytes.append(UInt8(ascii: "_"))
        for shift in stride(from: 125, through: 0, by: -5) {
            bytes.append(alphabet[Int(truncatingIfNeeded: value >> UInt128(shift)) & 31])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
