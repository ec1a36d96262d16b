/// The fields that tell browsers to be careful, on every answer that does not have them already.
struct SecurityFieldConfiguration: Sendable, Equatable {
    /// `X-Content-Type-Options`; `nil` for none.
    var contentTypeOptions: String? = "nosniff"
    /// `Referrer-Policy`; `nil` for none.
    var referrerPolicy: String? = "no-referrer"
    /// `X-Frame-Options`; `nil` for none.
    var frameOptions: String? = "DENY"
    /// `Strict-Transport-Security` (RFC 6797); only browsers that come by TLS heed it.
    var strictTransportSecurity: String?

    static let none = SecurityFieldConfiguration(
        contentTypeOptions: nil, referrerPolicy: nil, frameOptions: nil, strictTransportSecurity: nil)
}

extension SecurityFieldConfiguration {
    private static let policies = [
        "no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin",
        "strict-origin", "strict-origin-when-cross-origin", "unsafe-url",
    ]

    /// `off`, or a mapping in which each field has a value or is `off`.
    init(reading value: DocumentValue) {
        self.init()
        if !value.isMapping {
            if value.text() == "off" { self = .none } else { value.fail("must be off, or a mapping") }
            return
        }
        guard var reader = value.mapping() else { return }
        Self.read(&reader, "content_type_options", &contentTypeOptions, among: ["nosniff"])
        Self.read(&reader, "referrer_policy", &referrerPolicy, among: Self.policies)
        Self.read(&reader, "frame_options", &frameOptions, among: ["DENY", "SAMEORIGIN"])
        if let transport = reader.optional("strict_transport_security") { readTransport(transport) }
        reader.finish()
    }

    private static func read(
        _ reader: inout MappingReader, _ key: String, _ field: inout String?, among values: [String]
    ) {
        guard let value = reader.optional(key), let text = value.text() else { return }
        if text != "off", !values.contains(text) {
            value.fail("must be \((values + ["off"]).joined(separator: " or ")), not \"\(text)\"")
        }
        field = text == "off" ? nil : text
    }

    private mutating func readTransport(_ value: DocumentValue) {
        guard let text = value.text() else { return }
        let directives = text.split(separator: ";").map { $0.trimmingPrefix { $0 == " " }.lowercased() }
        let isValid = directives.allSatisfy { directive in
            if directive.hasPrefix("max-age=") { return Int(directive.dropFirst(8)).map { $0 >= 0 } ?? false }
            return directive == "includesubdomains" || directive == "preload"
        }
        if text != "off", !isValid || !directives.contains(where: { $0.hasPrefix("max-age=") }) {
            value.fail("must be like \"max-age=31536000; includeSubDomains\", or off, not \"\(text)\"")
        }
        strictTransportSecurity = text == "off" ? nil : text
    }
}
