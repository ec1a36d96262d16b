import HTTP
import HTTPTypes
import Synchronization

/// A file of the console as it was compiled in, with its answers made once.
final class ConsoleAsset: Sendable {
    private static let compression = Compression(minimumLength: 512)
    /// The file's text.
    let text: String
    private let plain: Response
    /// The same in gzip, from the first time on that somebody asked for it.
    private let compressed = Mutex<Response?>(nil)

    /// - Parameter type: The media type.
    init(_ text: String, type: String) {
        self.text = text
        let bytes = Array(text.utf8)
        var plain = Response(fields: [.contentType: type, .eTag: ContentTag.of(bytes)], body: .bytes(bytes))
        // A new version is seen at once, and an old one costs 304: no page of one version with scripts of another.
        plain.fields[.cacheControl] = "no-cache"
        for (name, value) in ConsoleSecurity.fields { plain.fields[name] = value }
        self.plain = plain
    }

    /// The file, in gzip for those who like that, or 304 for a client that has it.
    func answer(to request: Request) throws -> Response {
        if var unchanged = plain.notModified(ifNoneMatch: request.field(.ifNoneMatch)) {
            try Self.compression.apply(to: &unchanged, for: request)
            return unchanged
        }
        if let known = compressed.withLock({ $0 }), AcceptEncoding.prefersGzip(request.field(.acceptEncoding)) {
            return known
        }
        var response = plain
        guard try Self.compression.apply(to: &response, for: request) else { return response }
        let made = response
        compressed.withLock { $0 = made }
        return made
    }
}
