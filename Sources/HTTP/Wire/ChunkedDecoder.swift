public import HTTPTypes

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What the framing of a chunked body may cost before it is refused.
public struct ChunkLimits: Sendable, Hashable {
    /// Hexadecimal digits of a chunk size. Eight are 4 GiB.
    public var sizeDigits: Int
    /// Bytes of all chunk extensions of a body together.
    public var extensions: Int
    /// Bytes of the trailer section.
    public var trailers: Int
    /// Trailer field lines.
    public var trailerFields: Int

    /// Limits.
    public init(sizeDigits: Int = 8, extensions: Int = 4096, trailers: Int = 8192, trailerFields: Int = 32) {
        self.sizeDigits = sizeDigits
        self.extensions = extensions
        self.trailers = trailers
        self.trailerFields = trailerFields
    }
}

/// The chunked transfer coding (RFC 9112 section 7.1), strict: every line ends in CR LF, sizes are digits alone, and
/// extensions have no control bytes.
public struct ChunkedDecoder: Sendable {
    private enum State: Equatable {
        case size(digits: Int)
        /// White space after the size: a semicolon must follow.
        case beforeExtension
        case inExtension
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailers
        case over
        case failed
    }

    private let limits: ChunkLimits
    private var state = State.size(digits: 0)
    /// The size being read, then the bytes of the chunk that are still to come.
    private var left = 0
    private var extensionBytes = 0
    /// Bytes of the trailer section that were there at the last call.
    private var searched = 0

    /// The trailer fields, complete after the end. They are not header fields and are never merged with them.
    public private(set) var trailers: HTTPFields = [:]

    /// A decoder at the start of a chunked body.
    public init(limits: ChunkLimits = .init()) {
        self.limits = limits
    }

    /// Whether the last chunk and the trailers have been read.
    public var isOver: Bool { state == .over }

    /// The next step; `bytes` start where the last step left off.
    public mutating func next(_ bytes: UnsafeRawBufferPointer) -> BodyStep {
        var index = 0
        while index < bytes.count {
            switch state {
            case .data:
                let count = min(left, bytes.count - index)
                left -= count
                if left == 0 { state = .dataReturn }
                return .data(skip: index, count: count)
            case .trailers: return trailerSection(bytes, from: index)
            case .over: return .end(consumed: index)
            case .failed: return .failed(.malformedChunk)
            default:
                guard take(bytes[index]) else { return fail() }
                index += 1
            }
        }
        return state == .over ? .end(consumed: index) : .needMore(consumed: index)
    }

    private mutating func fail() -> BodyStep {
        state = .failed
        return .failed(.malformedChunk)
    }

    // MARK: - Framing, byte by byte

    private mutating func take(_ byte: UInt8) -> Bool {
        switch state {
        case .size(let digits): return takeSize(byte, digits)
        case .beforeExtension:
            if byte == 0x3B { state = .inExtension }
            return (byte == 0x3B || byte == 0x20 || byte == 0x09) && takeExtensionByte()
        case .inExtension:
            if byte == 0x0D { return move(to: .sizeLineFeed) }
            return CharacterClass.table[Int(byte)] & CharacterClass.value.rawValue != 0 && takeExtensionByte()
        case .sizeLineFeed: return byte == 0x0A && move(to: left == 0 ? .trailers : .data)
        case .dataReturn: return byte == 0x0D && move(to: .dataLineFeed)
        case .dataLineFeed: return byte == 0x0A && move(to: .size(digits: 0))
        case .data, .trailers, .over, .failed: return false
        }
    }

    private mutating func takeSize(_ byte: UInt8, _ digits: Int) -> Bool {
        if let digit = Hex.value(byte) {
            left = (digits == 0 ? 0 : left) << 4 | Int(digit)
            return digits < min(limits.sizeDigits, 15) && move(to: .size(digits: digits + 1))
        }
        guard digits > 0 else { return false }
        switch byte {
        case 0x0D: return move(to: .sizeLineFeed)
        case 0x3B: return move(to: .inExtension)
        case 0x20, 0x09: return move(to: .beforeExtension)
        default: return false
        }
    }

    private mutating func takeExtensionByte() -> Bool {
        extensionBytes += 1
        return extensionBytes <= limits.extensions
    }

    private mutating func move(to next: State) -> Bool {
        state = next
        return true
    }

    // MARK: - Trailers

    /// Field lines up to an empty one. They are read once the whole section is there; usually it is the empty line.
    private mutating func trailerSection(_ bytes: UnsafeRawBufferPointer, from start: Int) -> BodyStep {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
        guard let source = rest.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return .needMore(consumed: start)
        }
        if rest.count >= 2, source[0] == 0x0D, source[1] == 0x0A { return finish(start + 2) }
        guard rest.count <= searched || memchr(source + searched, 0x0A, rest.count - searched) != nil else {
            return waiting(start, rest.count)
        }
        let limits = HeadLimits(head: self.limits.trailers, fields: self.limits.trailerFields)
        var scan = HeadScan(source, count: rest.count, limits: limits)
        let lines = ResponseHead()
        do throws(MessageError) {
            let count = try scan.fieldLines(into: lines)
            if count == 0 { return waiting(start, rest.count) }
            try readTrailers(source, lines, count)
            return finish(start + count)
        } catch {
            return fail()
        }
    }

    private mutating func waiting(_ start: Int, _ count: Int) -> BodyStep {
        if count > limits.trailers { return fail() }
        searched = count
        return .needMore(consumed: start)
    }

    private mutating func finish(_ consumed: Int) -> BodyStep {
        state = .over
        return .end(consumed: consumed)
    }

    /// Fields that frame, route or authenticate a message must not come behind it (RFC 9110 section 6.5.1).
    private mutating func readTrailers(
        _ source: UnsafePointer<UInt8>, _ lines: ResponseHead, _ count: Int
    ) throws(MessageError) {
        lines.load(source, count: count)
        for index in 0..<lines.fieldCount {
            let name = lines.field(at: index).name
            guard !lines.field(at: index).isHopByHop, !lines.equals(name, "host"), !lines.equals(name, "authorization")
            else { throw .malformedChunk }
        }
        trailers = lines.fields
    }
}
