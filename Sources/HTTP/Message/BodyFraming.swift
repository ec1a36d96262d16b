/// How the end of a message's body is found (RFC 9112 section 6.3).
public enum BodyFraming: Sendable, Hashable {
    /// There is no body.
    case none
    /// Exactly this many bytes, from `Content-Length`.
    case length(Int)
    /// `Transfer-Encoding: chunked`.
    case chunked
    /// Everything until the peer closes its side; responses only.
    case untilClose
}
