import Chassis
import HTTP
import Sockets

/// What webhooks may do here, as the operator has set it (docs/webhooks.md).
struct WebhookPolicy: Sendable {
    /// Whether endpoints may be reached over plain HTTP.
    var allowsHTTP = false
    /// What originates TLS for us: it is asked for the whole URL (RFC 9112 section 3.2.2).
    var egressProxy: Endpoint?
    var addresses = AddressRules()
    var endpointsPerUser = 10
    /// Deliveries that may be pending for one endpoint.
    var pendingPerEndpoint = 10_000
    /// How long one attempt may take in all.
    var timeout = Duration.seconds(10)

    /// Settings: `WEBHOOK_ALLOW_HTTP`, `WEBHOOK_EGRESS_PROXY`, `WEBHOOK_ALLOWED_NETWORKS`, `WEBHOOK_ENDPOINTS_PER_USER`,
    /// `WEBHOOK_PENDING_PER_ENDPOINT` and `WEBHOOK_TIMEOUT_SECONDS`.
    ///
    /// - Throws: `SettingsError`.
    init(_ settings: Settings) throws {
        allowsHTTP = try settings.bool("WEBHOOK_ALLOW_HTTP", default: false)
        if let url = settings.optionalString("WEBHOOK_EGRESS_PROXY") {
            egressProxy = try Endpoint(url: url, setting: "WEBHOOK_EGRESS_PROXY")
        }
        if let list = settings.optionalString("WEBHOOK_ALLOWED_NETWORKS") {
            addresses.allowed = try list.split(separator: ",").map { text in
                let text = text.filter { $0 != " " }
                guard let network = IPNetwork(text) else {
                    throw SettingsError(
                        key: "WEBHOOK_ALLOWED_NETWORKS", value: list,
                        allowed: "ranges such as 10.0.0.0/8 or fd00::/8, separated by commas")
                }
                return network
            }
        }
        endpointsPerUser = try settings.integer("WEBHOOK_ENDPOINTS_PER_USER", in: 0...1_000, default: 10)
        pendingPerEndpoint = try settings.integer("WEBHOOK_PENDING_PER_ENDPOINT", in: 1...1_000_000, default: 10_000)
        timeout = try settings.seconds("WEBHOOK_TIMEOUT_SECONDS", in: 0.1...60, default: 10)
    }

    init() {}

    /// Why nothing can be delivered to `url` as things are set, or nil.
    func objection(to url: WebhookURL) -> String? {
        if let address = url.endpoint.literalAddress, !addresses.permits(address) {
            return "must not lead to a private, local or reserved address"
        }
        switch url.scheme {
        case .http: return allowsHTTP ? nil : "must begin with https://"
        case .https:
            return egressProxy == nil
                ? "cannot be https:// here: no egress proxy is configured that speaks TLS (WEBHOOK_EGRESS_PROXY)" : nil
        }
    }
}
