import HTTPTypes
import Sockets

/// Writes field lines. A value cannot break out of its line: `HTTPField` turns control bytes into spaces when it is
/// made, its names are tokens, and forwarded lines have passed the parser.
enum FieldWriter {
    /// Appends `Name: value` and the line's end.
    @inline(__always)
    static func append(_ field: HTTPField, to out: ByteBuffer) {
        out.append(field.name.rawName)
        out.append(": ")
        field.withUnsafeBytesOfValue { out.append(UnsafeRawBufferPointer($0)) }
        out.append("\r\n")
    }

    /// Whether this is `X-Request-Id`, which a server writes itself.
    @inline(__always)
    static func isRequestID(_ name: HTTPField.Name) -> Bool {
        name.canonicalName.utf8.count == 12 && name.canonicalName == "x-request-id"
    }

    /// Whether the framing writes this field itself, or it concerns one connection only (RFC 9110 section 7.6.1).
    @inline(__always)
    static func isFraming(_ name: HTTPField.Name) -> Bool {
        switch name.canonicalName.utf8.count {
        case 2: name.canonicalName == "te"
        case 7: name.canonicalName == "trailer" || name.canonicalName == "upgrade"
        case 10: name.canonicalName == "connection" || name.canonicalName == "keep-alive"
        case 14: name.canonicalName == "content-length"
        case 16: name.canonicalName == "proxy-connection"
        case 17: name.canonicalName == "transfer-encoding"
        default: false
        }
    }

    /// Appends the lines of a received head that may be forwarded, byte for byte.
    /// - Parameter dropsID: leaves `X-Request-Id` out, because the server sends its own.
    static func append(_ forwarded: ForwardedFields, dropsID: Bool = false, to out: ByteBuffer) {
        let head = forwarded.head
        for index in 0..<head.fieldCount {
            let field = head.fieldBase[index]
            if field.isHopByHop || forwarded.leavesOut(field.name) { continue }
            if dropsID, head.equals(field.name, "x-request-id" as StaticString) { continue }
            // Name, colon, white space and value lie together in the line as it came.
            let end = field.value.isEmpty ? field.name.end + 1 : field.value.end
            out.append(head.base + Int(field.name.start), count: Int(end - field.name.start))
            out.append("\r\n")
        }
    }
}

extension ForwardedFields {
    @inline(__always)
    fileprivate func leavesOut(_ name: ByteRange) -> Bool {
        if removed.isEmpty, !head.connectionNamesFields { return false }
        return removed.contains { head.equals(name, $0) }
            || head.connectionNamesFields && head.withBytes(name) { head.connectionNames($0) }
    }
}

extension MessageHead {
    /// Whether the bytes of `range` are `text`, which is in lower case, without regard to letter case.
    @inline(__always)
    final func equals(_ range: ByteRange, _ text: String) -> Bool {
        guard text.utf8.count == Int(range.count) else { return false }
        var index = Int(range.start)
        for byte in text.utf8 {
            if base[index].lowercased != byte { return false }
            index += 1
        }
        return true
    }

    /// Whether a `Connection` line names the field, given in lower case, which then does not cross a gateway.
    public final func connectionNames(_ name: String) -> Bool {
        var name = name
        return connectionNamesFields && name.withUTF8 { connectionNames(UnsafeRawBufferPointer($0)) }
    }

    /// Whether a `Connection` line names the field, which then must not be forwarded (RFC 9110 section 7.6.1).
    final func connectionNames(_ name: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<fieldCount where equals(fieldBase[index].name, "connection" as StaticString) {
            var isNamed = false
            fieldBase[index].value.forEachListItem(in: base) { item in
                isNamed = isNamed || withBytes(item) { Self.isSame($0, name) }
            }
            if isNamed { return true }
        }
        return false
    }

    private static func isSame(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard one.count == other.count else { return false }
        for index in one.indices where one[index].lowercased != other[index].lowercased { return false }
        return true
    }
}
