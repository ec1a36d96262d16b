public import HTTP
import HTTPTypes

/// The bearer token of the admin routes that show or change more than health: 401 without it. The comparison takes the
/// same time whatever is wrong.
public struct AdminToken: Middleware {
    private let source: SecretSource?

    /// Checks against `source` as it is at the time of the request. With `nil`, no token configured, nobody gets in.
    public init(_ source: SecretSource?) { self.source = source }

    /// Lets requests with `Authorization: Bearer <token>` pass.
    /// - Throws: ``Problem`` 401.
    public func handle(_ request: Request, next: Handler) async throws -> Response {
        let prefix = "Bearer "
        guard let source, let value = request.field(.authorization), value.hasPrefix(prefix),
            source.current.matches(value.utf8.dropFirst(prefix.utf8.count))
        else {
            request.context.reason = "admin_token"
            throw Problem(.unauthorized, "unauthorized", fields: [.wwwAuthenticate: "Bearer"])
        }
        request.context.caller = "admin"
        return try await next(request)
    }

    /// Whether `token` is the token. Takes the same time whatever is wrong.
    func admits(_ token: String?) -> Bool {
        guard let source, let token else { return false }
        return source.current.matches(token.utf8)
    }

    /// Writes a ``fresh()`` token to `path` with mode 0600. A file that exists stays.
    /// - Throws: ``FileError``.
    public static func generate(at path: String) throws(FileError) {
        guard FileAccess.version(of: path) == nil else { return }
        try FileAccess.write(Array((fresh() + "\n").utf8), to: path)
    }

    /// A fresh token: 32 random bytes in base64url.
    public static func fresh() -> String {
        var random = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
}
