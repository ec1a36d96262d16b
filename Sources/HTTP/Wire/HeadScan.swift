#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// One pass over the complete lines of a head.
///
/// Unsafe pointers, because this is the hot path of the server. What keeps every access inside the bytes: lines are
/// scanned only up to `end`, which lies behind the last line feed, and each loop stops at a line feed at the latest,
/// since no character class holds it.
struct HeadScan {
    let source: UnsafePointer<UInt8>
    /// Number of bytes at `source`.
    let count: Int
    /// Offset behind the last line feed among the bytes that a head may have.
    let end: Int
    let limits: HeadLimits
    let table = CharacterClass.table
    var index = 0
    /// Whether the first line was complete (and has been read).
    var hasStartLine = false
    var facts = FramingFacts()

    @inline(__always)
    init(_ source: UnsafePointer<UInt8>, count: Int, limits: HeadLimits) {
        self.source = source
        self.count = count
        self.limits = limits
        end = Self.lastLineEnd(source, min(count, limits.head))
    }

    /// Usually the last byte is the line feed: a request without a body.
    @inline(__always)
    private static func lastLineEnd(_ source: UnsafePointer<UInt8>, _ count: Int) -> Int {
        var end = count
        while end > 0, source[end &- 1] != 0x0A { end &-= 1 }
        return end
    }

    @inline(__always)
    func isClass(_ index: Int, _ mask: CharacterClass) -> Bool {
        table[Int(source[index])] & mask.rawValue != 0
    }

    /// Takes CR LF at the index; false when something else is there.
    @inline(__always)
    mutating func takeLineEnd() -> Bool {
        guard source[index] == 0x0D, source[index &+ 1] == 0x0A else { return false }
        index &+= 2
        return true
    }

    /// A first line that is too long is 414, whatever else is wrong with it: so it does not matter whether the limit
    /// or the line's end was seen first. Precondition: the line is complete.
    func startLineFailure(_ error: MessageError, from start: Int) -> MessageError {
        var lineEnd = start
        while source[lineEnd] != 0x0A { lineEnd += 1 }
        return lineEnd + 1 > limits.startLine ? .targetTooLong : error
    }

    // MARK: - Field lines

    /// Reads field lines up to the empty line. 0 when it has not arrived, else the number of bytes of the head.
    @inline(__always)
    mutating func fieldLines(into head: MessageHead) throws(MessageError) -> Int {
        while index < end {
            if source[index] == 0x0D {
                guard source[index &+ 1] == 0x0A else { throw .malformedField }
                return index &+ 2
            }
            if head.fieldCount == limits.fields { throw .tooManyFields }
            try fieldLine(into: head)
        }
        return 0
    }

    /// RFC 9112 section 5: name, colon without a space before it, value between optional white space. A folded line
    /// starts with white space, which is no name.
    @inline(__always)
    private mutating func fieldLine(into head: MessageHead) throws(MessageError) {
        let nameStart = index
        var classes: UInt8 = 0
        while isClass(index, .token) {
            classes |= table[Int(source[index])]
            index &+= 1
        }
        if classes & CharacterClass.underscore.rawValue != 0 { head.namesHaveUnderscores = true }
        guard index > nameStart, source[index] == 0x3A else { throw .malformedField }
        let name = ByteRange(nameStart, index)
        index &+= 1
        while source[index] == 0x20 || source[index] == 0x09 { index &+= 1 }
        let valueStart = index
        skipValue()
        var valueEnd = index
        guard takeLineEnd() else { throw .malformedField }
        while valueEnd > valueStart, source[valueEnd &- 1] == 0x20 || source[valueEnd &- 1] == 0x09 {
            valueEnd &-= 1
        }
        let value = ByteRange(valueStart, valueEnd)
        let isHopByHop = try facts.note(source, name, value)
        head.append(FieldRange(name: name, value: value, isHopByHop: isHopByHop))
    }

    /// Moves to the first byte that may not stand in a value, eight bytes at a time while they are there.
    @inline(__always)
    private mutating func skipValue() {
        let raw = UnsafeRawPointer(source)
        while index &+ 8 <= end {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if Self.mayHaveControl(word) { break }
            index &+= 8
        }
        while isClass(index, .value) { index &+= 1 }
    }

    /// Whether any of eight bytes is below 0x20 or 0x7F (the usual trick of subtracting and looking at the borrowed
    /// top bits). Tab is among them; the loop byte by byte then decides.
    @inline(__always)
    private static func mayHaveControl(_ word: UInt64) -> Bool {
        let tops: UInt64 = 0x8080_8080_8080_8080
        let below = (word &- 0x2020_2020_2020_2020) & ~word
        let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
        let isDelete = (delete &- 0x0101_0101_0101_0101) & ~delete
        return (below | isDelete) & tops != 0
    }
}
