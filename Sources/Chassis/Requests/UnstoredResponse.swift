public import HTTP
import HTTPTypes

extension Response {
    /// The answer, to be kept by nobody: `Cache-Control: no-store` (RFC 9111 section 5.2.2.5).
    public var unstored: Response {
        var response = self
        response.fields[.cacheControl] = "no-store"
        return response
    }
}
