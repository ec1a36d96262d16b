/// The open sockets of a loop by descriptor, and those closed in this turn.
///
/// The table owns its sockets. A closed one is kept until the batch of events it may still appear in is over.
struct SocketTable {
    private var slots: [Socket?] = []
    private var graveyard: [Socket] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func insert(_ socket: Socket) {
        let slot = Int(socket.descriptor)
        if slot >= slots.count {
            slots += Array(repeating: nil, count: max(64, slot + 1 - slots.count + slots.count / 2))
        }
        slots[slot] = socket
        count += 1
    }

    mutating func remove(_ socket: Socket) {
        slots[Int(socket.descriptor)] = nil
        graveyard.append(socket)
        count -= 1
    }

    mutating func buryClosed() {
        if !graveyard.isEmpty { graveyard.removeAll(keepingCapacity: true) }
    }

    /// Visits every open socket; `body` may close sockets.
    func forEach(_ body: (Socket) -> Void) {
        for case let socket? in slots { body(socket) }
    }
}
