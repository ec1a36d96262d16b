import HTTPTypes

/// What browsers are told about the console: it is made of its own files alone, talks to this origin alone, is shown in
/// nobody's frame, and makes no script or markup out of text (Trusted Types without a policy).
enum ConsoleSecurity {
    static let contentPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        // A form that no script has caught is not sent: a password never becomes a part of a URL.
        "form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")

    static let fields: [(HTTPField.Name, String)] = [
        (.contentSecurityPolicy, contentPolicy),
        (.crossOriginOpenerPolicy, "same-origin"),
        (.crossOriginResourcePolicy, "same-origin"),
        (.permissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]
}

extension HTTPField.Name {
    fileprivate static let crossOriginOpenerPolicy = Self("Cross-Origin-Opener-Policy")!
    fileprivate static let permissionsPolicy = Self("Permissions-Policy")!
}
