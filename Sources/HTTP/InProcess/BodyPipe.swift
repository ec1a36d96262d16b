import DequeModule
import HTTPTypes

/// The pieces of a body between whoever writes and whoever reads them, both in this process. Pieces are handed over as
/// they are: no byte is copied.
struct BodyPipe {
    enum State {
        /// More may come.
        case open
        /// All pieces are in.
        case ended
        /// The rest will never come, or nobody wants it.
        case broken
    }

    private(set) var state = State.open
    /// What followed the last piece.
    private(set) var trailers: HTTPFields = .none
    private var pieces: Deque<[UInt8]> = []
    private var held = 0

    /// A writer waits while as many bytes are held.
    static let capacity = 64 << 10

    var isFull: Bool { held >= Self.capacity }

    /// The piece that is next; nil while there is none.
    var first: [UInt8]? { pieces.first }

    mutating func append(_ piece: [UInt8]) {
        guard state == .open, !piece.isEmpty else { return }
        pieces.append(piece)
        held += piece.count
    }

    mutating func takeFirst() -> [UInt8]? {
        guard let piece = pieces.popFirst() else { return nil }
        held -= piece.count
        return piece
    }

    mutating func end(trailers: HTTPFields = .none) {
        guard state == .open else { return }
        state = .ended
        self.trailers = trailers
    }

    /// The writer ends it before its end. What was written can still be read.
    mutating func breakOff() {
        if state == .open { state = .broken }
    }

    /// The reader wants no more.
    mutating func close() {
        state = .broken
        pieces = []
        held = 0
    }
}
