public import HTTPTypes
import JSON

/// An error answer (RFC 9457, `application/problem+json`). Any handler may throw it; the server renders it.
public struct Problem: Error, Sendable, Equatable {
    /// One member of the body that is wrong.
    public struct FieldError: Sendable, Equatable {
        /// A JSON pointer into the body (RFC 6901): `/destination/account`.
        public var pointer: String
        /// What is wrong, for people.
        public var detail: String

        /// An error at `pointer`.
        public init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    /// The status, 400 to 599.
    public var status: HTTPResponse.Status
    /// What went wrong, for programs: `snake_case`, stable. `type` is `urn:tollgate:problem:<code>`.
    public var code: String
    /// What went wrong, in a few words that are the same for every problem of this code.
    public var title: String
    /// What went wrong this time; shown to the caller, so without internal names.
    public var detail: String?
    /// The members of the body that are wrong.
    public var errors: [FieldError]
    /// Further members of the body, with texts (RFC 9457 section 3.2).
    public var members: [String: String] = [:]
    /// Further fields of the response, such as `Retry-After` or `Allow`.
    public var fields: HTTPFields
    /// Further field lines, made before and sent as they are.
    public var lines = FieldLines()

    /// A problem whose title is its code in words.
    public init(
        _ status: HTTPResponse.Status, _ code: String, detail: String? = nil, errors: [FieldError] = [],
        fields: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.title = Self.words(code)
        self.detail = detail
        self.errors = errors
        self.fields = fields
    }

    /// The answer to send.
    /// - Parameters:
    ///   - instance: the request id.
    ///   - traceID: the trace id as 32 hexadecimal digits.
    public func response(instance: String, traceID: String) -> Response {
        var fields = fields
        fields[.contentType] = "application/problem+json"
        var response = Response(
            status: status, fields: fields, body: .bytes(body(instance: instance, traceID: traceID)))
        response.lines = lines
        return response
    }

    private func body(instance: String, traceID: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", "urn:tollgate:problem:" + code)
        json.member("title", title)
        json.member("status", status.code)
        if let detail { json.member("detail", detail) }
        json.member("instance", instance)
        json.member("trace_id", traceID)
        json.member("code", code)
        if !errors.isEmpty { Self.write(errors, to: &json) }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) { json.member(name, value) }
        json.endObject()
        return json.bytes
    }

    private static func write(_ errors: [FieldError], to json: inout JSONWriter) {
        json.key("errors")
        json.beginArray()
        for error in errors {
            json.beginObject()
            json.member("pointer", error.pointer)
            json.member("detail", error.detail)
            json.endObject()
        }
        json.endArray()
    }

    /// `insufficient_funds` → `Insufficient funds`.
    private static func words(_ code: String) -> String {
        let words = code.replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}

// MARK: - Common problems

extension Problem {
    /// 404 `not_found`: nothing is there, or nothing that this caller may see.
    public static let notFound = Problem(.notFound, "not_found")

    /// 405 `method_not_allowed` with the `Allow` field (RFC 9110 section 15.5.6).
    public static func methodNotAllowed(allow: String) -> Problem {
        Problem(.methodNotAllowed, "method_not_allowed", fields: [.allow: allow])
    }

    /// 413 `body_too_large`.
    /// - Parameter limit: the most bytes that are accepted.
    public static func bodyTooLarge(limit: Int) -> Problem {
        Problem(.contentTooLarge, "body_too_large", detail: "The body may have at most \(limit) bytes.")
    }

    /// 415 `unsupported_media_type`.
    public static func unsupportedMediaType(expected: String) -> Problem {
        Problem(.unsupportedMediaType, "unsupported_media_type", detail: "The body must be \(expected).")
    }

    /// 500 `internal_error`, without details.
    public static let internalError = Problem(.internalServerError, "internal_error")

    /// The problem that answers `error`: itself, 400 for JSON that is none, 422 for JSON of the wrong shape, and 500
    /// without details for everything else, whose description then belongs into ``RequestContext/reason``.
    public init(answering error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as JSONSyntaxError: self = Problem(malformed: error)
        case let error as JSONValidationError: self = Problem(invalid: error)
        default: self = .internalError
        }
    }

    private init(malformed error: JSONSyntaxError) {
        self.init(
            .badRequest, "malformed_json", detail: "Line \(error.line), column \(error.column): \(error.detail)")
        if !error.pointer.isEmpty { errors = [FieldError(pointer: error.pointer, detail: error.detail)] }
    }

    private init(invalid error: JSONValidationError) {
        self.init(
            .unprocessableContent, "validation_failed",
            errors: error.errors.map { FieldError(pointer: $0.pointer, detail: $0.detail) })
    }
}
