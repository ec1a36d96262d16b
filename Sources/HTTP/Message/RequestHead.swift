public import HTTPTypes

/// A request head as received: bytes, ranges into them, and the facts that the server needs for every request,
/// found in the one pass of ``HeadParser``.
public final class RequestHead: MessageHead, @unchecked Sendable {
    /// The methods told apart without making a `String`; all others are `other`.
    public enum Method: UInt8, Sendable {
        case get, head, post, put, patch, delete, options, other
    }

    /// The forms of a request target (RFC 9112 section 3.2). `CONNECT` and its authority-form are refused by the parser.
    public enum TargetForm: UInt8, Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`
        case absolute
        /// `*`, with `OPTIONS` only
        case asterisk
    }

    /// The method, as far as it is a common one.
    @exclusivity(unchecked) public internal(set) var methodKind = Method.get
    /// The bytes of the method.
    @exclusivity(unchecked) public internal(set) var methodRange = ByteRange.empty
    /// The form of the target.
    @exclusivity(unchecked) public internal(set) var targetForm = TargetForm.origin
    /// The request target as received.
    @exclusivity(unchecked) public internal(set) var target = ByteRange.empty
    /// The path part of the target as received, still percent-encoded. Empty for `http://host` (then it means `/`).
    @exclusivity(unchecked) public internal(set) var rawPath = ByteRange.empty
    /// The query part of the target as received, without the question mark; nil when there is no question mark.
    @exclusivity(unchecked) public internal(set) var rawQuery: ByteRange?
    /// Whether the raw path is already in its normal form: no percent-encoding and no dot segment. Most are.
    @exclusivity(unchecked) public internal(set) var pathIsPlain = true
    /// The authority that the request is for: the Host field, or that of an absolute-form target. HTTP/1.0 may have none.
    @exclusivity(unchecked) public internal(set) var authority = ByteRange.empty
    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    @exclusivity(unchecked) public internal(set) var expectsContinue = false

    /// The normal form of the path where that is not the raw path.
    @exclusivity(unchecked) var normalized: [UInt8]?

    /// A head that can be parsed into. It grows when a request needs more than 1 KiB or 16 fields.
    public init() {
        super.init(capacity: 1024, fields: 16)
    }

    /// The method as `HTTPRequest.Method`.
    public var method: HTTPRequest.Method {
        switch methodKind {
        case .get: .get
        case .head: .head
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        case .options: .options
        case .other: HTTPRequest.Method(string(methodRange)) ?? .get
        }
    }
}
