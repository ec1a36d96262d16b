import Sockets

/// What many lines of a loop have in common, as text: the second, and the addresses of the peers.
struct LineCache: Sendable {
    private static let addressLimit = 1_024

    var stamp = TimeStamp()
    private var addresses: [SocketAddress: [UInt8]] = [:]

    /// Appends the address of `peer` without its port.
    mutating func appendAddress(_ peer: SocketAddress, to bytes: inout [UInt8]) {
        let key = peer.with(port: 0)
        if let known = addresses[key] { return bytes.append(contentsOf: known) }
        let text = Array(peer.ip.utf8)
        if addresses.count >= Self.addressLimit { addresses.removeAll(keepingCapacity: true) }
        addresses[key] = text
        bytes.append(contentsOf: text)
    }
}
