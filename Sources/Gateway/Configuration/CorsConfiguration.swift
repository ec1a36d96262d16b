import HTTPTypes

/// Which pages of other origins may use a route (CORS).
struct CorsConfiguration: Sendable, Equatable {
    enum Origins: Sendable, Equatable {
        /// Every page; such requests go without cookies.
        case any
        /// These, as browsers write them.
        case listed(Set<String>)
    }

    static let commonMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

    var origins: Origins
    /// `nil` for those of the route.
    var methods: [String]?
    var requestHeaders = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"]
    var exposedHeaders = [
        "ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "Tollgate-Completeness", "X-Request-Id",
    ]
    var credentials = false
    /// How long a browser may remember the answer to a preflight, in milliseconds.
    var maximumAge: UInt64 = 600_000
}

extension CorsConfiguration {
    init?(reading value: DocumentValue) {
        guard var reader = value.mapping() else { return nil }
        let listed = reader.required("origins")
        self.init(origins: listed.map(Self.origins) ?? .listed([]))
        if let methods = reader.texts("methods") {
            for (text, value) in methods where text.isEmpty || !text.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) {
                value.fail("must be a method in capitals such as GET, not \"\(text)\"")
            }
            self.methods = methods.map(\.text)
        }
        requestHeaders = Self.names("request_headers", &reader) ?? requestHeaders
        exposedHeaders = Self.names("exposed_headers", &reader) ?? exposedHeaders
        credentials = reader.flag("credentials", default: false)
        maximumAge = reader.duration("max_age", in: 0...86_400_000, default: maximumAge)
        if credentials, let listed { checkCredentials(listed) }
        reader.finish()
    }

    /// Who lets every page, or every sandboxed frame, act with a user's cookies has no same-origin policy left.
    private func checkCredentials(_ value: DocumentValue) {
        switch origins {
        case .any: value.fail("\"*\" cannot go with credentials; list the origins")
        case .listed(let origins) where origins.contains("null"):
            value.fail("\"null\" cannot go with credentials: every sandboxed frame is of that origin")
        case .listed: break
        }
    }

    private static func origins(_ value: DocumentValue) -> Origins {
        if !value.isList {
            if let text = value.text(), text != "*" {
                value.fail("must be \"*\" or a list of origins, not \"\(text)\"")
            }
            return .any
        }
        let origins = value.elements().compactMap { element -> String? in
            guard let text = element.text() else { return nil }
            if text != "null", !isOrigin(text) {
                element.fail("must be an origin as browsers write it, such as https://app.example.com, not \"\(text)\"")
            }
            return text
        }
        if origins.isEmpty { value.fail("must name at least one origin") }
        return .listed(Set(origins))
    }

    /// `scheme://host[:port]` in lower case, without a path and without the scheme's own port.
    private static func isOrigin(_ text: String) -> Bool {
        guard let separator = text.firstRange(of: "://") else { return false }
        let scheme = text[..<separator.lowerBound]
        let host = text[separator.upperBound...]
        let hasDefaultPort =
            (scheme == "https" && host.hasSuffix(":443")) || (scheme == "http" && host.hasSuffix(":80"))
        return !scheme.isEmpty && !host.isEmpty && !hasDefaultPort && text == text.lowercased()
            && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@*,\\".utf8.contains($0) }
    }

    private static func names(_ key: String, _ reader: inout MappingReader) -> [String]? {
        reader.texts(key)?.compactMap { text, value in
            if HTTPField.Name(text) == nil || text == "*" { value.fail("\"\(text)\" is no name of a field") }
            return text
        }
    }
}
