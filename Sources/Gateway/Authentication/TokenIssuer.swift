import Chassis
import HTTP
import HTTPTypes
import Sockets

/// One issuer of tokens: what they look like and where its keys are.
final class TokenIssuer: Sendable {
    let configuration: IssuerConfiguration
    let profile: TokenProfile
    let keys: KeySource

    init(_ configuration: IssuerConfiguration, keys: KeySource) {
        self.configuration = configuration
        profile = TokenProfile(configuration)
        self.keys = keys
    }

    /// - Parameter known: The keys of the issuer in the configuration before, where they come from the same place.
    convenience init(
        _ configuration: IssuerConfiguration, upstreams: [Upstream], environment: GatewayEnvironment,
        inheriting known: KeySource? = nil
    ) {
        if let known {
            known.schedule(coolDown: configuration.coolDown, refresh: configuration.refresh)
            self.init(configuration, keys: known)
            return
        }
        self.init(
            configuration,
            keys: KeySource(
                schedule: KeySetSchedule(coolDown: configuration.coolDown, refresh: configuration.refresh),
                algorithms: configuration.algorithms,
                origin: .init(configuration.keys, upstreams: upstreams, client: environment.client),
                metrics: environment.metrics.issuer(configuration.name), logger: environment.logger))
    }
}

extension KeySource.Origin {
    /// What a key server has for its answer.
    private static let timeout: Duration = .seconds(2)

    init(_ origin: KeyOrigin, upstreams: [Upstream], client: HTTPClient) {
        switch origin {
        case .upstream(let name, let path):
            let upstream = upstreams.first { $0.configuration.name == name }
            self.init {
                guard let upstream else { throw KeySet.Unusable(reason: "no upstream \(name)") }
                return try await Self.get(path, from: upstream.endpoint, client)
            }
        case .address(let host, let port, let path):
            let endpoint = Endpoint(host: host, port: port)
            self.init { try await Self.get(path, from: endpoint, client) }
        case .file(let path): self.init(file: path)
        }
    }

    init(file path: String) {
        self.init(
            fetch: { try FileAccess.read(path, limit: KeySet.maximumLength) },
            version: { FileAccess.version(of: path) })
    }

    private static func get(_ path: String, from endpoint: Endpoint, _ client: HTTPClient) async throws -> [UInt8] {
        var request = ClientRequest(method: .get, endpoint: endpoint, target: .text(path))
        request.timeout = timeout
        let answer = try await client.execute(request)
        guard answer.head.statusCode == 200 else {
            throw KeySet.Unusable(reason: "status \(answer.head.statusCode)")
        }
        return try await answer.body.collect(upTo: KeySet.maximumLength)
    }
}
