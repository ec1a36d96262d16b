/// Remembers verified tokens of one event loop, so that a token costs its 200 µs once.
///
/// Only verified tokens get in, so a flood of junk cannot fill it. Sets of four slots; the token that expires first
/// gives way. A hit still has to pass ``VerifiedToken/claims`` expiry, and the caller asks the current key set.
struct TokenCache {
    private struct Slot {
        var bytes: [UInt8] = []
        var token: VerifiedToken
    }

    private static let ways = 4
    private var slots: [Slot?]
    private let mask: Int

    /// - Parameter entries: Tokens at most, rounded up to a power of two; 0 remembers nothing.
    init(entries: Int) {
        var sets = entries == 0 ? 0 : 1
        while sets * Self.ways < entries { sets *= 2 }
        slots = Array(repeating: nil, count: sets * Self.ways)
        mask = sets - 1
    }

    /// The token of exactly these bytes, expired or not.
    func find(_ bytes: Span<UInt8>) -> VerifiedToken? {
        guard !slots.isEmpty else { return nil }
        for index in ways(of: bytes) {
            if let slot = slots[index], Self.equal(slot.bytes, bytes) { return slot.token }
        }
        return nil
    }

    mutating func insert(_ bytes: [UInt8], _ token: VerifiedToken) {
        guard !slots.isEmpty else { return }
        let range = ways(of: bytes.span)
        let free = range.first { slots[$0] == nil || slots[$0]?.bytes == bytes }
        let victim = free ?? range.min { expiry($0) < expiry($1) }
        if let victim { slots[victim] = Slot(bytes: bytes, token: token) }
    }

    mutating func remove(_ bytes: Span<UInt8>) {
        guard !slots.isEmpty else { return }
        for index in ways(of: bytes) {
            if let slot = slots[index], Self.equal(slot.bytes, bytes) { slots[index] = nil }
        }
    }

    private func expiry(_ index: Int) -> Int64 { slots[index]?.token.claims.expiry ?? 0 }

    /// The set of a token, by a keyed hash of its end: that is the signature, which nobody can choose.
    private func ways(of bytes: Span<UInt8>) -> Range<Int> {
        var hasher = Hasher()
        let words = bytes.bytes
        var offset = words.byteCount - 8
        while offset >= 0, offset > words.byteCount - 40 {
            hasher.combine(words.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset -= 8
        }
        let first = (hasher.finalize() & mask) * Self.ways
        return first..<(first + Self.ways)
    }

    /// Compares all bytes, eight at a time, whatever the first difference is. The loads are checked against the bounds;
    /// what is unsafe about them in general, the type, is not for integers.
    private static func equal(_ one: [UInt8], _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        let (left, right) = (one.span.bytes, other.bytes)
        var difference: UInt64 = 0
        var offset = 0
        while offset + 8 <= left.byteCount {
            difference |=
                left.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ right.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        for index in offset..<one.count { difference |= UInt64(one[index] ^ other[index]) }
        return difference == 0
    }
}
