/// Spare storage of one loop's buffers: blocks of one size, at most `limit` of them.
///
/// `@unchecked Sendable`: confined to its loop's thread. Buffers are released there too, because sockets die there.
public final class BufferPool: @unchecked Sendable {
    /// Size of a pooled block in bytes: one page holds the usual request head with its body.
    public static let blockSize = 4096

    // One shared byte that buffers without storage point at, so that `base` needs no optional. Never read or written.
    nonisolated(unsafe) static let none: UnsafeMutablePointer<UInt8> = .allocate(capacity: 1)

    private var blocks: [UnsafeMutablePointer<UInt8>] = []
    private let limit: Int

    /// A pool that keeps at most `limit` spare blocks (the default is 1 MiB of them).
    public init(limit: Int = 256) {
        self.limit = limit
        blocks.reserveCapacity(limit)
    }

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// Number of spare blocks.
    public var spareBlocks: Int { blocks.count }

    func take(atLeast size: Int) -> (base: UnsafeMutablePointer<UInt8>, capacity: Int) {
        if size <= Self.blockSize, let block = blocks.popLast() { return (block, Self.blockSize) }
        return Self.allocate(atLeast: size)
    }

    func give(_ base: UnsafeMutablePointer<UInt8>, capacity: Int) {
        if capacity == Self.blockSize, blocks.count < limit {
            blocks.append(base)
        } else {
            base.deallocate()
        }
    }

    static func allocate(atLeast size: Int) -> (base: UnsafeMutablePointer<UInt8>, capacity: Int) {
        let capacity = max(size, blockSize)
        return (.allocate(capacity: capacity), capacity)
    }
}
