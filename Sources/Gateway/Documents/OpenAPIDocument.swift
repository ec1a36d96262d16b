import CDocuments
import Chassis
import Crypto
import HTTP
import HTTPTypes

/// The OpenAPI 3.1 description of the public contract: `docs/api/openapi.json` as it was compiled in.
enum OpenAPIDocument {
    /// The file's text.
    static var text: String { String(cString: CDOCUMENTS_OPENAPI_JSON) }

    private static let tag = "\"" + Base64URL.encode(Array(SHA256.hash(data: Array(text.utf8))).prefix(16)) + "\""

    /// The answer, made once.
    static let response: Response = {
        var response = Response.json(Array(text.utf8))
        response.fields[.cacheControl] = "public, max-age=300"
        response.fields[.eTag] = tag
        return response
    }()

    /// The document, or 304 for a client that has it.
    static func answer(to request: Request) -> Response {
        guard let held = request.field(.ifNoneMatch), EntityTags.isNamed(tag, ifNoneMatch: held) else {
            return response
        }
        var fields = response.fields
        fields[.contentType] = nil
        return Response(status: .notModified, fields: fields)
    }
}
