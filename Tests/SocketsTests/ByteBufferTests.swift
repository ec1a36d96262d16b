import Sockets
import TestSupport
import Testing

@Suite("Byte buffer")
struct ByteBufferTests {
    @Test("random appends, reads and releases keep the bytes in order", arguments: [true, false])
    func likeArray(pooled: Bool) {
        var random = SeededGenerator.announced()
        let buffer = pooled ? ByteBuffer(pool: BufferPool(limit: 2)) : ByteBuffer(capacity: 16)
        var model: [UInt8] = []
        for _ in 0..<2000 {
            let added = random.bytes(Int.random(in: 0...300, using: &random))
            buffer.append(added)
            model += added
            let taken = Int.random(in: 0...min(model.count, 400), using: &random)
            #expect(buffer.take(taken) == Array(model.prefix(taken)))
            model.removeFirst(taken)
            if random.chance(0.1) { buffer.releaseIfEmpty() }
            #expect(buffer.count == model.count)
        }
        #expect(Array(buffer.readable) == model)
    }

    @Test("storage comes from the pool and goes back to it")
    func pools() {
        let pool = BufferPool(limit: 1)
        let one = ByteBuffer(pool: pool)
        let two = ByteBuffer(pool: pool)
        one.append("a")
        two.append("b")
        one.removeAll()
        two.removeAll()
        one.releaseIfEmpty()
        two.releaseIfEmpty()
        #expect(pool.spareBlocks == 1)
        two.append("c")
        #expect(pool.spareBlocks == 0)
        two.releaseIfEmpty()
        #expect(two.capacity == BufferPool.blockSize)
    }

    @Test("decimal numbers", arguments: [0, 7, 10, 99, 100, 65535, 1_234_567_890, Int.max])
    func decimals(_ value: Int) {
        let buffer = ByteBuffer(capacity: 1)
        buffer.append(decimal: value)
        #expect(String(decoding: buffer.readable, as: UTF8.self) == "\(value)")
    }
}
