/// The parameters of a request's query, in the form of HTML forms: `a=1&b=two%20words&c`. `+` is a space.
public struct Query: Sendable {
    private let raw: [UInt8]

    init(_ head: RequestHead) {
        raw = head.rawQuery.map { head.withBytes($0) { Array($0) } } ?? []
    }

    /// The parameters of `text`, without a question mark.
    public init(_ text: String) {
        raw = Array(text.utf8)
    }

    /// The first value of `name`; "" for a name without a value, nil when the name does not occur.
    public subscript(_ name: String) -> String? {
        for (key, value) in pairs where key == name { return value }
        return nil
    }

    /// All values of `name` in order.
    public func all(_ name: String) -> [String] {
        pairs.compactMap { $0.name == name ? $0.value : nil }
    }

    /// All names and values in order, decoded. Bytes that are not UTF-8 become U+FFFD.
    public var pairs: [(name: String, value: String)] {
        raw.split(separator: UInt8(ascii: "&")).map { piece in
            let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            return (Self.decode(piece[..<equals]), Self.decode(piece[equals...].dropFirst()))
        }
    }

    /// The parser has refused malformed percent-encoding already: every `%` is followed by two digits.
    private static func decode(_ bytes: ArraySlice<UInt8>) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < bytes.endIndex,
                let high = Hex.value(bytes[index + 1]), let low = Hex.value(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
