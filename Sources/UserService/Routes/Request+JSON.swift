import HTTP
import HTTPTypes
import JSON

extension Request {
    /// The body, to be read as one JSON object.
    /// - Throws: ``Problem`` 415 when it is declared as something else, 413; the errors of the reader (400, 422).
    func jsonObject() async throws -> JSONObjectReader {
        guard isJSON else { throw Problem.unsupportedMediaType(expected: "application/json") }
        return try JSONObjectReader(try await body.collect())
    }

    private var isJSON: Bool {
        guard let type = field(.contentType) else { return false }
        let essence = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        return essence == "application/json"
    }
}
