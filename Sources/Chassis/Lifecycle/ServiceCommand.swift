import Sockets

/// What the program of a service was asked for on its command line.
enum ServiceCommand: Equatable {
    case serve
    /// `--health`: exit 0 if the service that runs here, with the same settings, is ready.
    case health
    /// `--version`: print the name and the version.
    case version
    case help
    /// Anything else.
    case unknown

    init(_ arguments: some Collection<String>) {
        switch (arguments.first, arguments.count) {
        case (nil, _): self = .serve
        case ("--health", 1): self = .health
        case ("--version", 1): self = .version
        case ("--help", 1): self = .help
        default: self = .unknown
        }
    }

    static func usage(of name: String) -> String {
        """
        usage: \(name)            serve; the configuration is in the environment
               \(name) --health   exit 0 if the one that runs here is ready (/readyz on ADMIN_PORT), 1 if not
               \(name) --version  print the version
        """
    }
}

extension ListenSettings {
    /// Where the admin port is reached from the machine itself.
    /// - Throws: when the port is left to the system: nobody else knows it then.
    func localAdmin() throws(SettingsError) -> Endpoint {
        guard adminPort != 0 else {
            throw SettingsError(key: "ADMIN_PORT", value: "0", allowed: "a port, for --health to ask at")
        }
        let address =
            switch host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "::1"
            default: host
            }
        return Endpoint(host: address, port: adminPort)
    }
}
