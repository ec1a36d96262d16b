import Sockets
import Synchronization

/// The texts of the addresses that requests come from, remembered for each loop, so that none is made for each request.
final class AddressTexts: Sendable {
    private final class Shard: Sendable {
        let texts = Mutex<[SocketAddress: String]>([:])
    }

    private static let limit = 1_024
    private let shards = (0..<16).map { _ in Shard() }

    /// The address of `peer` without its port.
    func text(of peer: SocketAddress) -> String {
        let key = peer.with(port: 0)
        return shards[(EventLoop.current?.index ?? 0) % shards.count].texts.withLock { texts in
            if let known = texts[key] { return known }
            if texts.count >= Self.limit { texts.removeAll(keepingCapacity: true) }
            let text = peer.ip
            texts[key] = text
            return text
        }
    }
}
