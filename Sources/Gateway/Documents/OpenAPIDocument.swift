import CDocuments
import HTTP
import HTTPTypes

/// The OpenAPI 3.1 description of the public contract: `docs/api/openapi.json` as it was compiled in.
enum OpenAPIDocument {
    /// The file's text.
    static var text: String { String(cString: CDOCUMENTS_OPENAPI_JSON) }

    /// The answer, made once.
    static let response: Response = {
        let bytes = Array(text.utf8)
        var response = Response.json(bytes)
        response.fields[.cacheControl] = "public, max-age=300"
        response.fields[.eTag] = ContentTag.of(bytes)
        return response
    }()

    /// The document, or 304 for a client that has it.
    static func answer(to request: Request) -> Response {
        response.notModified(ifNoneMatch: request.field(.ifNoneMatch)) ?? response
    }
}
