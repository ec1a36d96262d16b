#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The whole main of a service.
public enum ServiceMain {
    /// The version of this source tree.
    public static let version = "0.1.0"

    /// Reads the settings, sets up logs, metrics and the admin port, builds the service, serves until SIGTERM or
    /// SIGINT, drains, and exits: 0 after a clean stop, 78 (EX_CONFIG) when the configuration is wrong, 1 otherwise.
    public static func run(
        _ name: String, build: @escaping @Sendable (Chassis) async throws -> ServiceDefinition
    ) async -> Never {
        exit(1)
    }
}
