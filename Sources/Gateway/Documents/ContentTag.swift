import Chassis
import Crypto
import HTTP
import HTTPTypes

/// The entity tag of what the gateway makes itself: a digest of its bytes (RFC 9110 section 8.8.3).
enum ContentTag {
    /// The value of `ETag`, strong.
    static func of(_ bytes: [UInt8]) -> String {
        "\"" + Base64URL.encode(Array(SHA256.hash(data: bytes)).prefix(16)) + "\""
    }
}

extension Response {
    /// 304 in the place of an answer that the client has: its `If-None-Match` names the tag (RFC 9110 section 13.1.2).
    func notModified(ifNoneMatch: String?) -> Response? {
        guard let ifNoneMatch, let tag = fields[.eTag], EntityTags.isNamed(tag, ifNoneMatch: ifNoneMatch) else {
            return nil
        }
        var unchanged = Response(status: .notModified, fields: fields)
        unchanged.fields[.contentType] = nil
        return unchanged
    }
}
