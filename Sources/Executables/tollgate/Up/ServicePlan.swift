/// What `up` starts: one service with its ports, its program and its environment.
struct ServicePlan: Equatable, Sendable {
    let name: String
    let port: Int
    let adminPort: Int
    let environment: [String: String]

    var adminURL: String { "http://127.0.0.1:\(adminPort)" }

    /// The highest public port that leaves room for the services' ports and for every admin port.
    static let maximumPort = 65535 - adminOffset - 2
    static let adminOffset = 1000
    /// Seconds that a service has between SIGTERM and SIGKILL.
    static let graceSeconds = 5

    /// The gateway on `port`, user-service and payments-service on the next two, admin ports 1000 above.
    ///
    /// - Parameters:
    ///   - data: The data directory, an absolute path.
    ///   - inherited: The environment of `up`; what the user set there reaches every service.
    static func all(port: Int, data: String, inherited: [String: String]) -> [ServicePlan] {
        [("gateway", port), ("user-service", port + 1), ("payments-service", port + 2)].map { name, servicePort in
            ServicePlan(
                name: name,
                port: servicePort,
                adminPort: servicePort + adminOffset,
                environment: inherited.merging(
                    environment(name: name, port: servicePort, gatewayPort: port, data: data)
                ) { _, ours in ours }
            )
        }
    }

    private static func environment(name: String, port: Int, gatewayPort: Int, data: String) -> [String: String] {
        [
            "PORT": String(port),
            "ADMIN_PORT": String(port + adminOffset),
            "BIND_ADDRESS": "127.0.0.1",
            "DATA_DIR": "\(data)/\(name)",
            "LOG_FORMAT": "json",
            "IDENTITY_KEY_FILE": "\(data)/keys/\(name)/identity.pem",
            "IDENTITY_PEERS_DIR": "\(data)/keys/peers",
            "SIGNING_KEY_ENCRYPTION_KEY_FILE": "\(data)/keys/\(KeyMaterial.encryptionKey)",
            "PROCESSOR_CALLBACK_SECRET_FILE": "\(data)/keys/\(KeyMaterial.callbackSecret)",
            "SANDBOX_CALLBACK_URL": "http://127.0.0.1:\(gatewayPort)/api/v1/processor/callbacks",
            "SIGNING_KEY_ENCRYPTION_KEY_PREVIOUS_FILE": "\(data)/keys/\(KeyMaterial.previousEncryptionKey)",
            "ADMIN_TOKEN_FILE": "\(data)/keys/admin/token",
            "USER_SERVICE_URL": "http://127.0.0.1:\(gatewayPort + 1)",
            "PAYMENTS_SERVICE_URL": "http://127.0.0.1:\(gatewayPort + 2)",
            "DRAIN_DELAY_SECONDS": "0",
            "SHUTDOWN_GRACE_SECONDS": String(graceSeconds - 1),
        ]
    }
}
