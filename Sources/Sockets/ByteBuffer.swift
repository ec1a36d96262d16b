#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A growable run of bytes with a read and a write position: what a socket reads into and writes from.
///
/// Storage comes from the loop's `BufferPool` on first use and goes back by `releaseIfEmpty()`, so that an idle
/// connection holds none. Confined to one loop's thread, like the socket that owns it.
///
/// Its properties go without the run-time check for overlapping accesses: none of them is ever passed `inout`, and the
/// check took two thirds of the time of writing a response's head.
///
/// `@unchecked Sendable`: it is only touched on the thread of its loop, which the type system cannot see.
public final class ByteBuffer: @unchecked Sendable {
    /// Start of the storage. Invalid after any call that may grow or release it.
    @exclusivity(unchecked) public private(set) var base: UnsafeMutablePointer<UInt8>
    /// Size of the storage in bytes; 0 while there is none.
    @exclusivity(unchecked) public private(set) var capacity: Int
    /// Offset of the first unread byte.
    @exclusivity(unchecked) public private(set) var readIndex = 0
    /// Offset behind the last byte.
    @exclusivity(unchecked) public private(set) var writeIndex = 0

    private let pool: BufferPool?

    /// A buffer with memory of its own.
    public init(capacity: Int = 4096) {
        base = .allocate(capacity: max(capacity, 1))
        self.capacity = max(capacity, 1)
        pool = nil
    }

    /// A buffer that borrows its storage from `pool` when the first byte is written.
    public init(pool: BufferPool) {
        base = BufferPool.none
        capacity = 0
        self.pool = pool
    }

    deinit { dropStorage() }

    /// Number of unread bytes.
    @inlinable @inline(__always) public var count: Int { writeIndex &- readIndex }
    /// True when nothing is left to read.
    @inlinable @inline(__always) public var isEmpty: Bool { writeIndex == readIndex }
    /// Bytes that fit behind the last one without growing.
    @inlinable @inline(__always) public var free: Int { capacity &- writeIndex }
    /// The first unread byte. Valid until the buffer is written to, grown or released.
    @inlinable @inline(__always) public var readPointer: UnsafeMutablePointer<UInt8> { base + readIndex }
    /// Where the next byte goes: write at most `free` bytes here, then `commit` them.
    @inlinable @inline(__always) public var writePointer: UnsafeMutablePointer<UInt8> { base + writeIndex }
    /// The unread bytes. Valid until the buffer is written to, grown or released.
    @inlinable @inline(__always) public var readable: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + readIndex, count: count)
    }

    /// Drops `count` bytes from the front. Precondition: that many are there.
    @inline(__always) public func consume(_ count: Int) {
        readIndex &+= count
        assert(readIndex <= writeIndex)
        if readIndex == writeIndex {
            readIndex = 0
            writeIndex = 0
        }
    }

    /// Takes `count` bytes, already stored at `writePointer`, into the buffer. Precondition: `count <= free`.
    @inline(__always) public func commit(_ count: Int) {
        writeIndex &+= count
        assert(writeIndex <= capacity)
    }

    /// Makes room for `count` more bytes.
    @inlinable @inline(__always) public func reserve(_ count: Int) {
        if free < count { grow(count) }
    }

    /// Drops everything; keeps the storage.
    public func removeAll() {
        readIndex = 0
        writeIndex = 0
    }

    /// Drops the last `count` bytes. Precondition: that many are unread.
    public func removeLast(_ count: Int) {
        assert(count <= self.count)
        writeIndex -= count
    }

    /// Gives the storage back to the pool when no byte is unread.
    public func releaseIfEmpty() {
        guard isEmpty, capacity > 0, pool != nil else { return }
        dropStorage()
        base = BufferPool.none
        capacity = 0
        readIndex = 0
        writeIndex = 0
    }

    @inline(never) @usableFromInline func grow(_ needed: Int) {
        let live = count
        if capacity - live >= needed, readIndex > 0 {
            memmove(base, base + readIndex, live)
        } else {
            let wanted = max(capacity * 2, live + needed)
            let block = pool?.take(atLeast: wanted) ?? BufferPool.allocate(atLeast: wanted)
            memcpy(block.base, base + readIndex, live)
            dropStorage()
            base = block.base
            capacity = block.capacity
        }
        readIndex = 0
        writeIndex = live
    }

    private func dropStorage() {
        guard capacity > 0 else { return }
        if let pool { pool.give(base, capacity: capacity) } else { base.deallocate() }
    }
}

// MARK: - Appending

extension ByteBuffer {
    /// Appends `count` bytes from `source`.
    @inlinable @inline(__always) public func append(_ source: UnsafeRawPointer, count: Int) {
        reserve(count)
        UnsafeMutableRawPointer(base + writeIndex).copyMemory(from: source, byteCount: count)
        commit(count)
    }

    /// Appends the bytes of `source`.
    @inlinable @inline(__always) public func append(_ source: UnsafeRawBufferPointer) {
        if let start = source.baseAddress { append(start, count: source.count) }
    }

    /// Appends `bytes`.
    @inlinable @inline(__always) public func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends `bytes`.
    @inlinable public func append(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends one byte.
    @inlinable @inline(__always) public func append(_ byte: UInt8) {
        reserve(1)
        base[writeIndex] = byte
        commit(1)
    }

    /// Appends a literal's UTF-8 bytes.
    @inlinable @inline(__always) public func append(_ literal: StaticString) {
        append(literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// Appends the UTF-8 bytes of `string`.
    @inlinable @inline(__always) public func append(_ string: String) {
        var string = string
        string.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends `value` in decimal digits. Precondition: `value` is not negative.
    @inlinable public func append(decimal value: Int) {
        reserve(20)
        var digits = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            digits &+= 1
        }
        rest = value
        var position = writeIndex &+ digits
        repeat {
            position &-= 1
            base[position] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
            rest /= 10
        } while rest > 0
        commit(digits)
    }

    /// Takes `count` bytes from the front as an array. Precondition: that many are there.
    public func take(_ count: Int) -> [UInt8] {
        let bytes = [UInt8](UnsafeRawBufferPointer(start: readPointer, count: count))
        consume(count)
        return bytes
    }
}
