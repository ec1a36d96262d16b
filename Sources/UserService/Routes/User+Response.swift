import Chassis
import HTTP
import HTTPTypes
import JSON

extension User {
    /// The entity tag of this version.
    var tag: VersionTag { VersionTag(version) }

    /// `ETag`, and that no shared cache keeps it.
    var fields: HTTPFields { [.eTag: tag.text, .cacheControl: "private, no-cache"] }

    /// `{id, email, email_verified, name, created_at}`.
    func response(_ status: HTTPResponse.Status) -> Response {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", id)
        writer.member("email", email.exposed)
        writer.member("email_verified", isEmailVerified)
        writer.member("name", name.text)
        writer.member("created_at", RFC3339.string(createdAt))
        writer.endObject()
        return .json(writer.bytes, status: status, fields: fields)
    }
}
