import HTTPTypes
import Sockets

/// Writes the chunked transfer coding (RFC 9112 section 7.1).
enum ChunkedEncoder {
    /// Appends one chunk. No bytes append nothing, because an empty chunk would end the body.
    static func append(_ bytes: [UInt8], to out: ByteBuffer) {
        bytes.withUnsafeBytes { append($0, to: out) }
    }

    /// Appends one chunk. No bytes append nothing.
    static func append(_ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) {
        guard !bytes.isEmpty else { return }
        out.reserve(bytes.count + 20)
        append(hexadecimal: bytes.count, to: out)
        out.append("\r\n")
        out.append(bytes)
        out.append("\r\n")
    }

    /// Appends the last chunk and the trailer section.
    static func appendEnd(trailers: HTTPFields, to out: ByteBuffer) {
        if trailers.isEmpty { return out.append("0\r\n\r\n") }
        out.append("0\r\n")
        for field in trailers where !FieldWriter.isFraming(field.name) { FieldWriter.append(field, to: out) }
        out.append("\r\n")
    }

    private static func append(hexadecimal value: Int, to out: ByteBuffer) {
        var shift = (Int.bitWidth - 1 - value.leadingZeroBitCount) & ~3
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: value >> shift) & 15
            out.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
    }
}
