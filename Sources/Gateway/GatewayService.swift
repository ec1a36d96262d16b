public import Chassis
import Foundation
import HTTP
import Logging
import ServiceLifecycle
import Sockets

/// How the gateway becomes a service.
public enum GatewayService {
    /// Reads the configuration (`GATEWAY_CONFIG`, else the built-in one) and builds the gateway.
    ///
    /// It is ready when it stands: its readiness does not depend on the services behind it. The key set is fetched in
    /// the background and when the first token comes.
    ///
    /// - Throws: `SettingsError`, or ``ConfigurationErrors`` with everything that is wrong in the file.
    public static func build(_ chassis: Chassis) async throws -> ServiceDefinition {
        let configuration = try load(
            path: chassis.settings.optionalString("GATEWAY_CONFIG"),
            environment: ProcessInfo.processInfo.environment)
        let gateway = Gateway(configuration, environment: try environment(of: chassis, for: configuration))
        return ServiceDefinition(handler: gateway.handle, services: gateway.keys.map { [KeyRefresh(keys: $0)] } ?? [])
    }

    private static func environment(
        of chassis: Chassis, for configuration: GatewayConfiguration
    ) throws -> GatewayEnvironment {
        let mode = try chassis.settings.choice("RATE_LIMITS", default: RateLimiter.Mode.on)
        switch mode {
        case .on: break
        case .observe: chassis.logger.warning("Rate limits are observed only: RATE_LIMITS=observe refuses nobody")
        case .off: chassis.logger.warning("Rate limits are off: RATE_LIMITS=off")
        }
        return GatewayEnvironment(
            client: chassis.client, metrics: GatewayMetrics(chassis.metrics),
            identity: try identity(of: chassis, for: configuration), clock: chassis.clock, logger: chassis.logger,
            loopCount: chassis.loops.loops.count, rateLimits: mode)
    }

    /// The signing key is needed only when some upstream is to be told who calls.
    private static func identity(
        of chassis: Chassis, for configuration: GatewayConfiguration
    ) throws -> IdentityTokens {
        guard configuration.upstreams.contains(where: { $0.audience != nil }) else {
            return { audience, _ in throw SettingsError(key: "IDENTITY_KEY_FILE", value: nil, allowed: "a file") }
        }
        let signer = try chassis.identity.signer
        return { try signer.signed(for: $0, caller: $1) }
    }

    /// The configuration in a file, or the built-in one.
    static func load(path: String?, environment: [String: String]) throws -> GatewayConfiguration {
        guard let path else {
            return try GatewayConfiguration(
                parsing: DefaultConfiguration.text, file: "(built-in) gateway.yaml", environment: environment)
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SettingsError(key: "GATEWAY_CONFIG", value: path, allowed: "a readable YAML file")
        }
        return try GatewayConfiguration(parsing: text, file: path, environment: environment)
    }

    /// `gateway --validate FILE`: checks a file without starting anything.
    ///
    /// - Returns: What to print, and whether the file is valid.
    public static func validate(_ path: String) -> (text: String, isValid: Bool) {
        do {
            let configuration = try load(path: path, environment: ProcessInfo.processInfo.environment)
            let counts = [
                "\(configuration.routes.count) routes", "\(configuration.aggregates.count) aggregates",
                "\(configuration.upstreams.count) upstreams",
            ]
            return ("\(path): valid: \(counts.joined(separator: ", "))", true)
        } catch let error as SettingsError {
            return ("\(path): cannot be read: \(error.allowed) is needed", false)
        } catch {
            return ("\(error)", false)
        }
    }
}

/// Fetches the key set at the start, and again when it has become old.
private struct KeyRefresh: Service {
    let keys: KeySource

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await keys.tick()
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
