import HTTP
import HTTPTypes
import Synchronization

/// Takes a streamed body.
final class CollectingSink: ResponseBodySink {
    private let pieces = Mutex<[[UInt8]]>([])

    var bytes: [UInt8] { pieces.withLock { Array($0.joined()) } }
    /// The longest piece.
    var largest: Int { pieces.withLock { $0.map(\.count).max() ?? 0 } }

    func write(_ bytes: [UInt8]) async throws { pieces.withLock { $0.append(bytes) } }
    func flush() async throws {}
    func setTrailers(_ fields: HTTPFields) {}
}
