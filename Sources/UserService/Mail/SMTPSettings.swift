import Chassis
import Sockets

/// Where mail is handed in, and as whom.
struct SMTPSettings: Sendable {
    struct Login: Sendable {
        let user: String
        let password: SecretSource
    }

    /// `SMTP_HOST` and `SMTP_PORT`; default port 25.
    let server: Endpoint
    /// `SMTP_HELLO`, the name that the server is greeted with; default `localhost`.
    let hello: String
    /// `SMTP_USERNAME` with `SMTP_PASSWORD_FILE` or `SMTP_PASSWORD`; without them nobody logs in.
    let login: Login?
    /// `SMTP_TIMEOUT_SECONDS`: for the connection, and for every answer; default 30.
    let timeout: Duration

    /// nil without `SMTP_HOST`.
    init?(_ settings: Settings) throws(SettingsError) {
        guard let host = settings.optionalString("SMTP_HOST") else { return nil }
        server = Endpoint(host: host, port: try settings.integer("SMTP_PORT", in: 1...65_535, default: 25))
        hello = settings.string("SMTP_HELLO", default: "localhost")
        guard Self.isHello(hello) else {
            throw SettingsError(key: "SMTP_HELLO", value: hello, allowed: "a host name or an address in brackets")
        }
        timeout = try settings.seconds("SMTP_TIMEOUT_SECONDS", in: 0.1...300, default: 30)
        login = try Self.login(settings)
        let allowsPlaintext = try settings.bool("SMTP_ALLOW_PLAINTEXT_AUTH", default: false)
        guard login == nil || allowsPlaintext || Self.isLoopback(server) else {
            throw SettingsError(
                key: "SMTP_USERNAME", value: nil,
                allowed: "no login at \(host): there is no TLS here and the password would cross the network in clear. "
                    + "Use a relay on this machine, or set SMTP_ALLOW_PLAINTEXT_AUTH=on where the network is trusted")
        }
    }

    init(server: Endpoint, hello: String = "localhost", login: Login? = nil, timeout: Duration) {
        (self.server, self.hello, self.login, self.timeout) = (server, hello, login, timeout)
    }

    private static func login(_ settings: Settings) throws(SettingsError) -> Login? {
        guard let user = settings.optionalString("SMTP_USERNAME") else { return nil }
        // RFC 4616 §2: NUL separates the parts.
        guard !user.contains("\0"), let password = try settings.secret("SMTP_PASSWORD") else {
            throw SettingsError(key: "SMTP_PASSWORD", value: nil, allowed: "the password of SMTP_USERNAME")
        }
        return Login(user: user, password: password)
    }

    private static func isHello(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || ".-:[]".utf8.contains(byte)
            }
    }

    /// Whether the endpoint is this machine by its own name.
    static func isLoopback(_ endpoint: Endpoint) -> Bool {
        if endpoint.host.lowercased() == "localhost" { return true }
        guard let ip = endpoint.literalAddress?.ip else { return false }
        return ip.hasPrefix("127.") || ip == "::1"
    }
}
