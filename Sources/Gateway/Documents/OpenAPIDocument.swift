import CDocuments
import HTTP
import HTTPTypes

/// The OpenAPI 3.1 description of the public contract: `docs/api/openapi.json` as it was compiled in.
enum OpenAPIDocument {
    /// The file's text.
    static var text: String { String(cString: CDOCUMENTS_OPENAPI_JSON) }

    /// The answer, made once.
    static let response: Response = {
        var response = Response.json(Array(text.utf8))
        response.fields[.cacheControl] = "public, max-age=300"
        return response
    }()
}
