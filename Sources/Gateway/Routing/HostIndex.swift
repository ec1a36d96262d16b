/// Finds the routes of a host: one tree for every host that the configuration names, the most specific first.
struct HostIndex: Sendable {
    /// A named host.
    struct Scope: Sendable {
        let pattern: HostPattern
        let tree: RouteTree
        /// The next less specific scope that has this host too; -1 for none.
        var next: Int32 = -1
    }

    /// Longer ones name no host (RFC 1035 section 2.3.4) and match nothing here.
    private static let longest = 255
    private(set) var scopes: [Scope]
    /// Indices of scopes by the hash of their names, read from the end; -1 where free. At most half full.
    private let slots: [Int32]

    /// - Parameter trees: The routes of every host that some route names, each host once.
    init(_ trees: [(HostPattern, RouteTree)]) {
        scopes = trees.map { Scope(pattern: $0, tree: $1) }
        var size = 16
        while size < 2 * trees.count { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        for (index, scope) in scopes.enumerated() {
            var slot = Self.hash(scope.pattern) & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(index)
        }
        self.slots = slots
        for index in scopes.indices {
            scopes[index].next = scopes[index].pattern.name.withUnsafeBytes { find($0, exactToo: false) }
        }
    }

    /// The most specific scope of a request's authority (host, perhaps with port); -1 for none.
    func find(_ authority: UnsafeRawBufferPointer) -> Int32 {
        find(Self.host(authority), exactToo: true)
    }

    /// One pass from the end: at each dot, what is behind it may be a wildcard's name; the longest wins, and the whole
    /// name over all.
    private func find(_ host: UnsafeRawBufferPointer, exactToo: Bool) -> Int32 {
        guard (1...Self.longest).contains(host.count) else { return -1 }
        var hash = SegmentHash()
        var best: Int32 = -1
        for index in stride(from: host.count - 1, through: 0, by: -1) {
            if host[index] == UInt8(ascii: "."), index > 0 {
                let found = look(hash, UnsafeRawBufferPointer(rebasing: host[(index + 1)...]), isWildcard: true)
                if found >= 0 { best = found }
            }
            hash.combine(host[index].asciiLowercased)
        }
        guard exactToo else { return best }
        let exact = look(hash, host, isWildcard: false)
        return exact >= 0 ? exact : best
    }

    private func look(_ hash: SegmentHash, _ name: UnsafeRawBufferPointer, isWildcard: Bool) -> Int32 {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash.value) & mask
        while slots[slot] >= 0 {
            let scope = Int(slots[slot])
            if scopes[scope].pattern.isWildcard == isWildcard, name.equalsIgnoringCase(scopes[scope].pattern.name) {
                return slots[slot]
            }
            slot = (slot + 1) & mask
        }
        return -1
    }

    private static func hash(_ pattern: HostPattern) -> Int {
        var hash = SegmentHash()
        for byte in pattern.name.reversed() { hash.combine(byte) }
        return Int(truncatingIfNeeded: hash.value)
    }

    /// The host without port and without the dot that ends an absolute name.
    private static func host(_ authority: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var end = authority.count
        if authority.first == UInt8(ascii: "[") {
            end = authority.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? end
        } else {
            end = authority.firstIndex(of: UInt8(ascii: ":")) ?? end
            if end > 1, authority[end - 1] == UInt8(ascii: ".") { end -= 1 }
        }
        return UnsafeRawBufferPointer(rebasing: authority[..<end])
    }
}
