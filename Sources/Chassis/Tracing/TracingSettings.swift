import Sockets

/// The settings of tracing: OpenTelemetry's names where it has one (docs/observability/traces.md).
struct TracingSettings: Sendable {
    /// Where to send traces; `nil` for nowhere.
    var target: OTLPTarget?
    /// `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,…`, a secret.
    var headers: SecretSource?
    /// `OTEL_EXPORTER_OTLP_COMPRESSION`.
    var compression = Compression.none
    /// `OTEL_EXPORTER_OTLP_TIMEOUT`: how long one request may take.
    var timeout = Duration.seconds(10)
    /// `OTEL_BSP_SCHEDULE_DELAY`: the longest that a span waits for others to go with.
    var delay = Duration.seconds(5)
    /// `OTEL_BSP_EXPORT_TIMEOUT`: how long one batch is tried.
    var patience = Duration.seconds(30)
    /// `OTEL_BSP_MAX_QUEUE_SIZE`, spans.
    var queueLimit = 2_048
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, spans.
    var batchLimit = 512
    /// `OTEL_TRACES_SAMPLER` and its argument.
    var sampler = Sampler(.parentOn, ratio: 1)
    /// How many traces a second are sampled at most; `nil` for as many as the sampler chooses. It is set where nobody has
    /// chosen a sampler or a collector: then the traces go into memory alone, where few of many would last.
    var mostSampled: UInt64?
    /// `TRACES_SLOW_MILLISECONDS`: requests that take as long are kept whatever the sampler says; `nil` for none.
    var slow: UInt64? = 1_000_000_000
    /// `TRACES_RING`: how many traces are kept in memory.
    var ringCount = 200
    /// `TRACES_RING_BYTES`: how much memory they may take.
    var ringBytes = 1 << 20
    /// `TRACES_TRUST_CALLER`: whether the caller's choice and its `baggage` are believed.
    var trustsCaller: Bool
    /// `TRACES_FLUSH_SECONDS`: how long the last batch may take when the process stops.
    var flushTime = Duration.seconds(3)
    /// What is said about the process in all its spans.
    var resource: [(name: String, value: String)] = []

    /// The values of `OTEL_EXPORTER_OTLP_COMPRESSION`.
    enum Compression: String, CaseIterable {
        case none, gzip
    }

    private enum Exporter: String, CaseIterable {
        case otlp, none
    }

    private enum Wire: String, CaseIterable {
        case json = "http/json"
    }

    /// Whether anything is recorded at all.
    var isOn: Bool { target != nil || ringCount > 0 }

    /// Tracing that is off, for chassis of tests.
    static let off = TracingSettings()

    private init() {
        trustsCaller = true
        ringCount = 0
    }

    /// Reads them.
    /// - Parameters:
    ///   - name: The name of the service.
    ///   - isEdge: Whether callers are strangers, whose choice counts only where the settings say so.
    init(_ settings: Settings, name: String, version: String, isEdge: Bool) throws(SettingsError) {
        trustsCaller = try settings.bool("TRACES_TRUST_CALLER", default: !isEdge)
        let ratio = try settings.number("OTEL_TRACES_SAMPLER_ARG", in: 0...1, default: 1)
        sampler = Sampler(try settings.choice("OTEL_TRACES_SAMPLER", default: .parentOn), ratio: ratio)
        let slow = try settings.integer("TRACES_SLOW_MILLISECONDS", in: 0...3_600_000, default: 1_000)
        self.slow = slow == 0 ? nil : UInt64(slow) * 1_000_000
        ringCount = try settings.integer("TRACES_RING", in: 0...100_000, default: 200)
        ringBytes = try settings.integer("TRACES_RING_BYTES", in: 0...(1 << 30), default: 1 << 20)
        flushTime = try settings.seconds("TRACES_FLUSH_SECONDS", in: 0...60, default: 3)
        resource = try Self.resource(settings, name: name, version: version)
        try readExport(settings)
        if target == nil, settings.optionalString("OTEL_TRACES_SAMPLER") == nil { mostSampled = 100 }
        if try settings.bool("OTEL_SDK_DISABLED", default: false) {
            target = nil
            ringCount = 0
        }
    }

    private mutating func readExport(_ settings: Settings) throws(SettingsError) {
        let exporter = try settings.choice("OTEL_TRACES_EXPORTER", default: Exporter.otlp)
        target = exporter == .none ? nil : try OTLPTarget(settings)
        _ = try settings.choice("OTEL_EXPORTER_OTLP_PROTOCOL", default: Wire.json)
        headers = try settings.secret("OTEL_EXPORTER_OTLP_HEADERS")
        if let text = headers?.current.exposed, OTLPHeaders(text) == nil {
            throw SettingsError(key: "OTEL_EXPORTER_OTLP_HEADERS", value: nil, allowed: "name=value,name=value")
        }
        compression = try settings.choice("OTEL_EXPORTER_OTLP_COMPRESSION", default: Compression.none)
        timeout = try settings.milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT", default: 10_000)
        delay = try settings.milliseconds("OTEL_BSP_SCHEDULE_DELAY", default: 5_000)
        patience = try settings.milliseconds("OTEL_BSP_EXPORT_TIMEOUT", default: 30_000)
        queueLimit = try settings.integer("OTEL_BSP_MAX_QUEUE_SIZE", in: 1...1_000_000, default: 2_048)
        batchLimit = try settings.integer(
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", in: 1...queueLimit, default: min(512, queueLimit))
    }

    /// `OTEL_RESOURCE_ATTRIBUTES`, our own, and `OTEL_SERVICE_NAME`, which wins.
    private static func resource(
        _ settings: Settings, name: String, version: String
    ) throws(SettingsError) -> [(name: String, value: String)] {
        let text = settings.optionalString("OTEL_RESOURCE_ATTRIBUTES") ?? ""
        guard let given = OTLPHeaders(text) else {
            throw SettingsError(
                key: "OTEL_RESOURCE_ATTRIBUTES", value: text, allowed: "name=value,name=value, percent-encoded")
        }
        var found = given.pairs.filter { $0.name != "telemetry.sdk.name" }
        func set(_ name: String, _ value: String, wins: Bool = false) {
            if wins { found.removeAll { $0.name == name } }
            if !found.contains(where: { $0.name == name }) { found.append((name, value)) }
        }
        if let own = settings.optionalString("OTEL_SERVICE_NAME") { set("service.name", own, wins: true) }
        set("service.name", name)
        set("service.namespace", "tollgate")
        set("service.version", version)
        set("service.instance.id", Identifier.standard.make("proc"))
        set("telemetry.sdk.name", "tollgate")
        set("telemetry.sdk.language", "swift")
        set("telemetry.sdk.version", version)
        return found
    }
}

extension Settings {
    /// A time in whole milliseconds, as OpenTelemetry's settings have it.
    fileprivate func milliseconds(_ name: String, default fallback: Int) throws(SettingsError) -> Duration {
        .milliseconds(try integer(name, in: 1...3_600_000, default: fallback))
    }
}

/// Where OTLP goes: an HTTP endpoint and a path.
struct OTLPTarget: Sendable, Equatable {
    var endpoint: Endpoint
    var path: String

    init(endpoint: Endpoint, path: String = "/v1/traces") {
        self.endpoint = endpoint
        self.path = path
    }

    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as it is, else `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces` behind it.
    init?(_ settings: Settings) throws(SettingsError) {
        if let url = settings.optionalString("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
            try self.init(url: url, setting: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", suffix: "")
        } else if let url = settings.optionalString("OTEL_EXPORTER_OTLP_ENDPOINT") {
            try self.init(url: url, setting: "OTEL_EXPORTER_OTLP_ENDPOINT", suffix: "/v1/traces")
        } else {
            return nil
        }
    }

    init(url: String, setting: String, suffix: String) throws(SettingsError) {
        let scheme = "http://"
        let rest = url.dropFirst(scheme.count)
        let slash = url.hasPrefix(scheme) ? rest.firstIndex(of: "/") ?? rest.endIndex : rest.startIndex
        do {
            endpoint = try Endpoint(url: scheme + rest[..<slash], setting: setting)
        } catch {
            throw SettingsError(key: setting, value: url, allowed: "http://host:port, with or without a path")
        }
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path + suffix
        if self.path.isEmpty { self.path = "/" }
        guard self.path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw SettingsError(key: setting, value: url, allowed: "http://host:port, with or without a path")
        }
    }
}

/// `name=value,name=value` with percent-encoded values, as OpenTelemetry writes lists in its settings.
struct OTLPHeaders: Sendable {
    let pairs: [(name: String, value: String)]

    /// `nil` when it is not such a list.
    init?(_ text: String) {
        var pairs: [(name: String, value: String)] = []
        for part in text.split(separator: ",") {
            let item = part.drop { $0 == " " }
            guard let sign = item.firstIndex(of: "=") else { return nil }
            let name = item[..<sign].filter { $0 != " " }
            guard !name.isEmpty, let value = Self.decoded(item[item.index(after: sign)...]) else { return nil }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        while bytes.last == 0x20 { bytes.removeLast() }
        return String(validating: bytes, as: UTF8.self)
    }
}
