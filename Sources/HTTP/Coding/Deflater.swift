import CZlib

/// Compresses into the gzip format (RFC 1952).
///
/// `@unchecked Sendable`: used by one task at a time. The stream lies on the heap because zlib keeps a pointer to it.
final class Deflater: @unchecked Sendable {
    enum Flush: Int32 {
        /// Keep what compresses better with more.
        case none = 0
        /// Hand out everything so far (Z_SYNC_FLUSH).
        case sync = 2
        /// The end of the data (Z_FINISH).
        case finish = 4
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private var room = [UInt8](repeating: 0, count: 16 << 10)

    /// - Parameter level: 1 is fastest, 9 smallest.
    /// - Throws: `internalError` when there is no memory for it.
    init(level: Int32 = 4) throws(Problem) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window; 16 more asks for the gzip format.
        let result = deflateInit2_(
            stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw .internalError }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// The compressed form of `bytes` as far as it is ready; all of it after a flush.
    func compress(_ bytes: [UInt8], _ flush: Flush) -> [UInt8] {
        var output: [UInt8] = []
        var bytes = bytes
        bytes.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = uInt(input.count)
            repeat {
                room.withUnsafeMutableBufferPointer { out in
                    stream.pointee.next_out = out.baseAddress
                    stream.pointee.avail_out = uInt(out.count)
                    _ = deflate(stream, flush.rawValue)
                }
                output += room[..<(room.count - Int(stream.pointee.avail_out))]
            } while stream.pointee.avail_out == 0
        }
        stream.pointee.next_in = nil
        return output
    }
}
