public import HTTPTypes

/// Why a message was refused. After any of these the connection is closed: where the next message would start is not
/// known for sure.
public enum MessageError: Error, Sendable, Hashable, CaseIterable {
    /// The request line or status line does not follow the grammar.
    case malformedStartLine
    /// The target has a character that must be encoded, malformed percent-encoding, an encoded control character,
    /// text that is not UTF-8, or leaves the root by `..`.
    case malformedTarget
    /// The target, or the request line, is too long.
    case targetTooLong
    /// HTTP, but not 1.0 or 1.1.
    case unsupportedVersion
    /// `CONNECT` or `TRACE`, which this server never does.
    case unsupportedMethod
    /// A field line does not follow the grammar: name, colon, value, CR LF.
    case malformedField
    /// The head has too many bytes.
    case headTooLarge
    /// The head has too many field lines.
    case tooManyFields
    /// `Host` is missing, repeated, malformed, or differs from the target's authority.
    case badHost
    /// `Content-Length` is repeated, not 1*DIGIT, or overflows.
    case badContentLength
    /// `Transfer-Encoding` is repeated, malformed, or in HTTP/1.0.
    case badTransferEncoding
    /// `Content-Length` together with `Transfer-Encoding`, or either in a response that has no body.
    case conflictingFraming
    /// A transfer coding other than `chunked`.
    case unsupportedTransferCoding
    /// `Expect` with anything but `100-continue`.
    case unsupportedExpectation
    /// A chunk's size line, end, or trailer does not follow the grammar or is too long.
    case malformedChunk
    /// The peer closed before the message was complete.
    case incompleteMessage

    /// The status that answers it when it was found in a request.
    public var status: HTTPResponse.Status {
        switch self {
        case .targetTooLong: .uriTooLong
        case .unsupportedVersion: .httpVersionNotSupported
        case .unsupportedMethod, .unsupportedTransferCoding: .notImplemented
        case .headTooLarge, .tooManyFields: .requestHeaderFieldsTooLarge
        case .unsupportedExpectation: .expectationFailed
        default: .badRequest
        }
    }

    /// The code of the problem that answers it.
    public var code: String {
        switch self {
        case .targetTooLong: "target_too_long"
        case .unsupportedVersion: "unsupported_http_version"
        case .unsupportedMethod: "method_not_implemented"
        case .unsupportedTransferCoding: "unsupported_transfer_coding"
        case .headTooLarge, .tooManyFields: "header_fields_too_large"
        case .unsupportedExpectation: "expectation_failed"
        default: "malformed_request"
        }
    }

    /// What is wrong, for the log: a stable word for each case.
    public var reason: String {
        switch self {
        case .malformedStartLine: "malformed_start_line"
        case .malformedTarget: "malformed_target"
        case .targetTooLong: "target_too_long"
        case .unsupportedVersion: "unsupported_http_version"
        case .unsupportedMethod: "method_not_implemented"
        case .malformedField: "malformed_field"
        case .headTooLarge: "head_too_large"
        case .tooManyFields: "too_many_fields"
        case .badHost: "bad_host"
        case .badContentLength: "bad_content_length"
        case .badTransferEncoding: "bad_transfer_encoding"
        case .conflictingFraming: "conflicting_framing"
        case .unsupportedTransferCoding: "unsupported_transfer_coding"
        case .unsupportedExpectation: "unsupported_expectation"
        case .malformedChunk: "malformed_chunk"
        case .incompleteMessage: "incomplete_message"
        }
    }

    /// What is wrong, for people; the same for every message, so it can be shown to the peer and logged.
    public var detail: String {
        switch self {
        case .malformedStartLine: "The first line is malformed."
        case .malformedTarget: "The request target is malformed."
        case .targetTooLong: "The request target is too long."
        case .unsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are spoken here."
        case .unsupportedMethod: "CONNECT and TRACE are not served here."
        case .malformedField: "A header field line is malformed."
        case .headTooLarge: "The header fields are too large."
        case .tooManyFields: "There are too many header fields."
        case .badHost: "The Host field is missing, repeated, malformed, or differs from the target."
        case .badContentLength: "The Content-Length field is repeated or malformed."
        case .badTransferEncoding: "The Transfer-Encoding field is repeated, malformed, or sent with HTTP/1.0."
        case .conflictingFraming: "The fields that give the length of the body contradict each other."
        case .unsupportedTransferCoding: "The only transfer coding spoken here is chunked."
        case .unsupportedExpectation: "The only expectation met here is 100-continue."
        case .malformedChunk: "The chunked body is malformed."
        case .incompleteMessage: "The message is incomplete."
        }
    }

    /// The problem that answers it.
    public var problem: Problem { Problem(status, code, detail: detail) }
}
