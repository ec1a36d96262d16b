import Chassis
import HTTP
import HTTPTypes

extension Request {
    /// The user on whose behalf the gateway calls, if the user's token allows `scope`.
    ///
    /// - Throws: `Problem` 401 without a user, 403 without the scope.
    func subject(allowedTo scope: String) throws(Problem) -> String {
        let user = try user
        try require(scope: scope)
        return user
    }

    /// The bytes of a JSON body.
    ///
    /// - Parameter mayBeLeftOut: Whether a request without a body, and then without a type, is one of no bytes.
    /// - Throws: `Problem` 415 when the body is not `application/json`, 413.
    func jsonBody(mayBeLeftOut: Bool = false) async throws -> [UInt8] {
        if mayBeLeftOut, field(.contentType) == nil {
            let bytes = try await body.collect()
            guard bytes.isEmpty else { throw Problem.unsupportedMediaType(expected: "application/json") }
            return bytes
        }
        guard let type = field(.contentType), Self.isJSON(type) else {
            throw Problem.unsupportedMediaType(expected: "application/json")
        }
        return try await body.collect()
    }

    /// Parameters such as `charset=utf-8` are ignored: JSON has one encoding (RFC 8259 §11).
    private static func isJSON(_ type: String) -> Bool {
        if type == "application/json" { return true }
        let essence = type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
        return essence.lowercased() == "application/json"
    }
}
