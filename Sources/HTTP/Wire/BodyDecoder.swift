public import HTTPTypes

/// What a decoder found at the start of the bytes it was given.
public enum BodyStep: Sendable, Equatable {
    /// Nothing to hand out. Drop `consumed` bytes, then call again when there are more.
    case needMore(consumed: Int)
    /// `count` bytes of the body lie behind `skip` bytes of framing. Drop `skip + count` bytes once they were used.
    case data(skip: Int, count: Int)
    /// The body is over. Drop `consumed` bytes; what follows is the next message.
    case end(consumed: Int)
    /// The framing is malformed.
    case failed(MessageError)
}

/// Finds the bytes and the end of a body (RFC 9112 section 6.3). It does no I/O and holds no bytes: it is shown what
/// the connection has received so far and says what lies there.
public struct BodyDecoder: Sendable {
    private enum State {
        case length(Int)
        case chunked(ChunkedDecoder)
        case untilClose
        case over
    }

    private var state: State

    /// A decoder for a body framed so.
    public init(_ framing: BodyFraming, limits: ChunkLimits = .init()) {
        switch framing {
        case .none, .length(0): state = .over
        case .length(let length): state = .length(length)
        case .chunked: state = .chunked(ChunkedDecoder(limits: limits))
        case .untilClose: state = .untilClose
        }
    }

    /// The trailer fields, complete after the end.
    public var trailers: HTTPFields {
        if case .chunked(let decoder) = state { decoder.trailers } else { [:] }
    }

    /// The next step; `bytes` start where the last step left off.
    public mutating func next(_ bytes: UnsafeRawBufferPointer) -> BodyStep {
        switch state {
        case .over: return .end(consumed: 0)
        case .length(let left): return next(of: left, bytes.count)
        case .untilClose: return bytes.isEmpty ? .needMore(consumed: 0) : .data(skip: 0, count: bytes.count)
        case .chunked(var decoder):
            let step = decoder.next(bytes)
            state = .chunked(decoder)
            return step
        }
    }

    private mutating func next(of left: Int, _ available: Int) -> BodyStep {
        guard available > 0 else { return .needMore(consumed: 0) }
        let count = min(left, available)
        state = count == left ? .over : .length(left - count)
        return .data(skip: 0, count: count)
    }

    /// The peer has closed its side: the end of a body that lasts until then.
    /// - Throws: `incompleteMessage` for every other body that is not over.
    public mutating func endOfInput() throws(MessageError) {
        switch state {
        case .over: return
        case .untilClose: state = .over
        case .chunked(let decoder): if !decoder.isOver { throw .incompleteMessage }
        case .length: throw .incompleteMessage
        }
    }
}
