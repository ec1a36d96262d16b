import CZlib
import HTTPTypes

/// Decompresses one gzip member (RFC 1952), a bounded piece at a time.
///
/// `@unchecked Sendable`: used by one task at a time. The stream lies on the heap because zlib keeps a pointer to it.
final class Inflater: @unchecked Sendable {
    enum Outcome {
        /// The input is used up.
        case needsInput
        /// There is room left for nothing more; call again with the rest of the input.
        case hasMore
        /// The member is complete.
        case end
    }

    private let stream: UnsafeMutablePointer<z_stream>

    /// - Throws: `internalError` when there is no memory for it.
    init() throws(Problem) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw .internalError }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Decompresses into `output`, at most `most` bytes.
    /// - Parameter input: the compressed bytes; those that were used are dropped.
    /// - Throws: `Problem` 400 when they are no gzip data.
    func inflate(_ input: inout ArraySlice<UInt8>, into output: inout [UInt8], most: Int) throws(Problem) -> Outcome {
        var result = Z_OK
        var used = 0
        output = [UInt8](unsafeUninitializedCapacity: most) { out, count in
            input.withUnsafeBufferPointer { bytes in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.pointee.avail_in = uInt(bytes.count)
                stream.pointee.next_out = out.baseAddress
                stream.pointee.avail_out = uInt(most)
                result = CZlib.inflate(stream, Z_NO_FLUSH)
                used = bytes.count - Int(stream.pointee.avail_in)
                count = most - Int(stream.pointee.avail_out)
            }
        }
        input = input.dropFirst(used)
        switch result {
        case Z_STREAM_END: return .end
        case Z_OK, Z_BUF_ERROR: return output.count == most ? .hasMore : .needsInput
        default: throw .malformedEncoding
        }
    }
}

extension Problem {
    /// 400 `malformed_encoding`: the body is not what its `Content-Encoding` says.
    static let malformedEncoding = Problem(
        .badRequest, "malformed_encoding", detail: "The body is not valid gzip data.")
}
