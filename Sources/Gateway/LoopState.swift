import Sockets
import Synchronization

/// What one event loop remembers for itself: its locks are never contended, since no other loop takes them.
final class LoopState: Sendable {
    let tokens: Mutex<TokenCache>
    /// API keys, apart from the tokens: neither is good in the other's field.
    let keys: Mutex<TokenCache>
    /// The identities of requests without a caller.
    let anonymous = IdentityMemory()
    private let clients = Mutex(ClientCache())

    init(tokenEntries: Int, keyEntries: Int = 0) {
        tokens = Mutex(TokenCache(entries: tokenEntries))
        keys = Mutex(TokenCache(entries: keyEntries))
    }

    /// Text and hash of a peer's address.
    func client(_ peer: SocketAddress) -> Client { clients.withLock { $0.client(peer) } }
}

/// Whom a request is attributed to, for the services and for the limits.
struct Client: Sendable {
    /// The address without the port.
    var text: String
    /// A keyed hash of the address, or of the /64 of an IPv6 address, which is what one subscriber has.
    var hash: Int

    /// How the client came.
    var scheme: RedirectConfiguration.Scheme
    /// What upstreams are told about it.
    var place: ForwardedLines

    init(_ peer: SocketAddress) { self.init(ForwardedChain(peer: peer, trusted: 0, addresses: nil)) }

    init(_ chain: ForwardedChain) {
        text = chain.client.ip
        hash = chain.client.subscriberNetwork.hashValue
        scheme = chain.scheme
        place = ForwardedLines(chain)
    }
}

/// The latest peers, found by address and port: making an address readable costs more than finding it here.
private struct ClientCache {
    private var slots: [(peer: SocketAddress, client: Client)?] = Array(repeating: nil, count: 256)

    mutating func client(_ peer: SocketAddress) -> Client {
        let index = peer.hashValue & (slots.count - 1)
        if let slot = slots[index], slot.peer == peer { return slot.client }
        let client = Client(peer)
        slots[index] = (peer, client)
        return client
    }
}
