public import HTTPTypes

/// Where the bytes of a request body come from: the server's connection, or memory in tests.
///
/// A source is used by one task at a time. Errors of `next` are ``Problem`` values (408, 413, 400) or, when the peer
/// went away, the error of the connection.
public protocol RequestBodySource: AnyObject, Sendable {
    /// The number of bytes when it is known beforehand (Content-Length), nil for chunked.
    var knownLength: Int? { get }
    /// The most bytes that `next` may hand out in all before it throws 413; the route sets it.
    var limit: Int { get set }
    /// The trailer fields, complete after `next` has returned nil.
    var trailers: HTTPFields { get }
    /// Has the peer send as slowly as it likes, as long as it never pauses for longer: no minimum rate then.
    func allowPauses(of longest: Duration)
    /// The next bytes in the order received, never empty; nil at the end.
    func next() async throws -> [UInt8]?
}

extension RequestBodySource {
    /// Nothing: what is in memory comes without pauses.
    public func allowPauses(of longest: Duration) {}
}

/// The body of a request, read as it arrives. Reading it once uses it up.
public struct RequestBody: Sendable {
    let source: (any RequestBodySource)?

    /// A body that is read from `source`; nil is the empty body.
    public init(_ source: (any RequestBodySource)? = nil) {
        self.source = source
    }

    /// A body in memory.
    public init(bytes: [UInt8]) {
        source = bytes.isEmpty ? nil : MemoryBody(bytes)
    }

    /// Whether it is known that there is no byte to come.
    public var isEmpty: Bool { source == nil || source?.knownLength == 0 }
    /// The number of bytes when it is known beforehand, nil for chunked.
    public var knownLength: Int? { source == nil ? 0 : source?.knownLength }
    /// The trailer fields of a chunked body, complete after the last byte was read (RFC 9112 section 7.1.2).
    public var trailers: HTTPFields { source?.trailers ?? [:] }

    /// The next bytes, never empty; nil at the end.
    /// - Throws: `Problem` 413 over the route's limit, 400 for malformed framing, 408 when it comes too slowly.
    public func next() async throws -> [UInt8]? {
        guard let source else { return nil }
        return try await source.next()
    }

    /// All bytes.
    /// - Parameter limit: the most bytes to accept; nil is the route's limit.
    /// - Throws: `Problem` 413 over the limit, and what `next` throws.
    public func collect(upTo limit: Int? = nil) async throws -> [UInt8] {
        guard let source else { return [] }
        let most = limit ?? source.limit
        if let known = source.knownLength, known > most { throw Problem.bodyTooLarge(limit: most) }
        guard var bytes = try await source.next() else { return [] }
        while let more = try await source.next() {
            if bytes.count + more.count > most { throw Problem.bodyTooLarge(limit: most) }
            bytes.append(contentsOf: more)
        }
        if bytes.count > most { throw Problem.bodyTooLarge(limit: most) }
        return bytes
    }

    /// Has the peer send as slowly as it likes, as long as it never pauses for longer: no minimum rate then.
    public func allowPauses(of longest: Duration) { source?.allowPauses(of: longest) }

    /// Sets the route's limit and refuses at once a body that is known to be longer.
    /// - Throws: `Problem` 413.
    public func restrict(to limit: Int) throws(Problem) {
        guard let source else { return }
        source.limit = limit
        if let known = source.knownLength, known > limit { throw Problem.bodyTooLarge(limit: limit) }
    }
}

/// A body that is in memory already. `@unchecked Sendable`: used by one task at a time, like every source.
final class MemoryBody: RequestBodySource, @unchecked Sendable {
    private var bytes: [UInt8]?
    let knownLength: Int?
    var limit = Int.max
    var trailers: HTTPFields { [:] }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        knownLength = bytes.count
    }

    func next() async throws -> [UInt8]? {
        defer { bytes = nil }
        if let bytes, bytes.count > limit { throw Problem.bodyTooLarge(limit: limit) }
        return bytes
    }
}
