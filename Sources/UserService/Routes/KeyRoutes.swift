import HTTP
import HTTPTypes

/// `GET /.well-known/jwks.json`: the public keys (RFC 7517 §5), for anybody.
struct KeyRoutes: Sendable {
    let ring: SigningKeyRing

    func register(on router: inout Router) {
        // Five minutes: a new key is published for longer than that before it signs.
        let fields: HTTPFields = [
            .contentType: "application/jwk-set+json", .cacheControl: "public, max-age=300",
        ]
        router.get("/.well-known/jwks.json") { _ in Response(fields: fields, body: .bytes(ring.current.document)) }
    }
}
