/// The normal form of a path (RFC 3986 section 6.2.2), for the few that are not in it already.
///
/// Two ways to write one path must not reach two routes, and no way of writing may move a segment's border: `%2F` is
/// never a slash, and `..` is resolved before anybody routes or authorises.
enum PathNormalizer {
    /// Decodes unreserved characters, writes other percent-encodings in upper case, and removes dot segments.
    /// - Parameter path: starts with a slash, or is empty (which means "/"); its percent-encoding is well-formed.
    /// - Throws: `malformedTarget` when `..` leaves the root, when dots hide behind an encoded separator or a parameter,
    ///   or when the decoded path is not UTF-8.
    static func normalize(_ path: [UInt8]) throws(MessageError) -> [UInt8] {
        if path.isEmpty { return [0x2F] }
        let resolved = try removingDotSegments(decodingUnreserved(path))
        guard String(validating: decoded(resolved[...]), as: UTF8.self) != nil else { throw .malformedTarget }
        return resolved
    }

    /// The text of an encoded path or segment. An encoded slash stays `%2F`.
    static func text(_ path: some Collection<UInt8>) -> String {
        String(decoding: decoded(path), as: UTF8.self)
    }

    private static func decodingUnreserved(_ path: [UInt8]) -> [UInt8] {
        map(path) { byte in
            CharacterClass.table[Int(byte)] & CharacterClass.unreserved.rawValue != 0
        }
    }

    private static func decoded(_ path: some Collection<UInt8>) -> [UInt8] {
        map(path) { $0 != 0x2F }
    }

    /// Decodes the percent-encodings of the bytes that `decodes` says; the others are written in upper case.
    private static func map(_ path: some Collection<UInt8>, _ decodes: (UInt8) -> Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var bytes = path.makeIterator()
        while let byte = bytes.next() {
            guard byte == 0x25, let first = bytes.next(), let second = bytes.next(),
                let high = Hex.value(first), let low = Hex.value(second)
            else {
                result.append(byte)
                continue
            }
            let value = high << 4 | low
            if decodes(value) { result.append(value) } else { result += [0x25, upper(high), upper(low)] }
        }
        return result
    }

    private static func upper(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x37 + digit }

    /// RFC 3986 section 5.2.4, but leaving the root is an error instead of staying there.
    private static func removingDotSegments(_ path: [UInt8]) throws(MessageError) -> [UInt8] {
        var kept: [ArraySlice<UInt8>] = []
        let segments = path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            if segment.elementsEqual([0x2E]) {
                if isLast { kept.append([]) }
            } else if segment.elementsEqual([0x2E, 0x2E]) {
                guard kept.popLast() != nil else { throw .malformedTarget }
                if isLast { kept.append([]) }
            } else if hidesDots(segment) {
                throw .malformedTarget
            } else {
                kept.append(segment)
            }
        }
        return [0x2F] + kept.joined(separator: [0x2F])
    }

    /// Whether a segment is a dot segment to a server that decodes `%2F` and `%5C` first, or drops parameters first:
    /// `..%2Fx`, `x%5C..`, `..;a=b`. Such a server would leave the path that was routed here.
    private static func hidesDots(_ segment: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: segment, as: UTF8.self)
            .replacing("%2F", with: "/").replacing("%5C", with: "/").replacing("%3B", with: ";")
        return text.split(separator: "/").contains { part in
            let name = part.prefix { $0 != ";" }
            return name == "." || name == ".."
        }
    }
}

extension RequestHead {
    /// Calls `body` with the normal, still encoded path.
    @inline(__always)
    func withNormalPath<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        if let normalized { return try normalized.withUnsafeBytes(body) }
        return try withBytes(rawPath, body)
    }

    /// The decoded path.
    var normalizedPath: String {
        withNormalPath { pathIsPlain ? String(decoding: $0, as: UTF8.self) : PathNormalizer.text($0) }
    }

    /// The normal, still encoded path with the query as received.
    var normalizedTarget: String {
        let path = withNormalPath { String(decoding: $0, as: UTF8.self) }
        return rawQuery.map { path + "?" + string($0) } ?? path
    }
}
