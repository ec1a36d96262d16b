/// Makes a new path out of a routed one: literal text, segments of the routed path, and what followed its prefix.
///
/// It works on the normal, still encoded form (RFC 3986 section 6.2.2), so that no segment can grow a slash or become
/// dots on the way.
struct PathTemplate: Sendable {
    private enum Piece: Sendable {
        case text([UInt8])
        /// The number of a segment of the routed path.
        case segment(Int)
    }

    private let pieces: [Piece]
    /// How many segments the routed prefix has; `nil` when nothing behind it is kept.
    private let kept: Int?

    /// - Parameter pattern: The route's path, which has all parameters of the replacement.
    init(_ replacement: PathReplacement, of pattern: PathPattern) {
        pieces = replacement.pattern.segments.map { segment in
            switch segment {
            case .literal(let bytes): .text(bytes)
            case .parameter(let name): .segment(pattern.segments.firstIndex(of: .parameter(name)) ?? 0)
            }
        }
        kept = replacement.keepsRest ? pattern.segments.count : nil
    }

    /// - Parameter path: The routed path in its normal, encoded form.
    func apply(to path: some StringProtocol) -> String {
        let segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isRoot = path.utf8.count <= 1
        var result: [UInt8] = []
        for piece in pieces {
            result.append(UInt8(ascii: "/"))
            switch piece {
            case .text(let bytes): result += bytes
            case .segment(let index): if index < segments.count { result += segments[index] }
            }
        }
        if let kept, !isRoot {
            for segment in segments.dropFirst(kept) {
                result.append(UInt8(ascii: "/"))
                result += segment
            }
        }
        return result.isEmpty ? "/" : String(decoding: result, as: UTF8.self)
    }
}
