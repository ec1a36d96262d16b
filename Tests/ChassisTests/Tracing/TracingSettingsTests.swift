import Foundation
import Sockets
import TestSupport
import Testing

@testable import Chassis

@Suite("Settings of tracing")
struct TracingSettingsTests {
    private func settings(_ values: [String: String], isEdge: Bool = false) throws -> TracingSettings {
        try TracingSettings(Settings(values), name: "gateway", version: "1", isEdge: isEdge)
    }

    @Test("Without settings there is a ring and no export, and only the edge believes nobody")
    func defaults() throws {
        let found = try settings([:])
        #expect(found.isOn && found.target == nil && found.ringCount == 200 && found.ringBytes == 1 << 20)
        #expect(found.sampler == Sampler(.parentOn, ratio: 1))
        #expect(found.slow == 1_000_000_000)
        #expect(found.mostSampled == 100)
        #expect(try settings(["OTEL_TRACES_SAMPLER": "always_on"]).mostSampled == nil)
        #expect(try settings(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"]).mostSampled == nil)
        #expect(found.trustsCaller)
        #expect(try !settings([:], isEdge: true).trustsCaller)
        #expect(try settings(["TRACES_TRUST_CALLER": "on"], isEdge: true).trustsCaller)
        #expect(try !settings(["TRACES_RING": "0"]).isOn)
        #expect(try !settings(["OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"]).isOn)
    }

    @Test(
        "The endpoint of all signals gets the path, that of traces is taken as it is",
        arguments: [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318", "collector", 4318, "/v1/traces"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/", "collector", 4318, "/v1/traces"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector/otlp/", "collector", 80, "/otlp/v1/traces"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://[::1]:9/x", "::1", 9, "/x"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:9", "c", 9, "/"),
        ])
    func endpoints(name: String, url: String, host: String, port: Int, path: String) throws {
        let target = try #require(try settings([name: url]).target)
        #expect(target == OTLPTarget(endpoint: Endpoint(host: host, port: port), path: path))
        #expect(try settings([name: url, "OTEL_TRACES_EXPORTER": "none"]).target == nil)
    }

    @Test(
        "A wrong setting stops the start",
        arguments: [
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector:4318"], ["OTEL_EXPORTER_OTLP_ENDPOINT": "collector"],
            ["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"], ["OTEL_TRACES_SAMPLER": "jaeger_remote"],
            ["OTEL_TRACES_SAMPLER_ARG": "1.5"], ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "3000"],
            ["OTEL_EXPORTER_OTLP_HEADERS": "novalue"], ["OTEL_RESOURCE_ATTRIBUTES": "a=%zz"],
            ["OTEL_EXPORTER_OTLP_COMPRESSION": "zstd"],
        ])
    func wrong(_ values: [String: String]) {
        #expect(throws: SettingsError.self) { try settings(values) }
    }

    @Test("Headers are a secret, also from a file, and are never in an error")
    func headers() throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("headers")
        try "x-key=top%20secret, other=2\n".write(toFile: file, atomically: true, encoding: .utf8)
        let found = try #require(try settings(["OTEL_EXPORTER_OTLP_HEADERS_FILE": file]).headers)
        let pairs = try #require(OTLPHeaders(found.current.exposed)?.pairs)
        #expect(pairs.map(\.name) == ["x-key", "other"] && pairs.map(\.value) == ["top secret", "2"])
        do {
            _ = try settings(["OTEL_EXPORTER_OTLP_HEADERS": "topsecret"])
            Issue.record("no error")
        } catch {
            #expect(!"\(error)".contains("topsecret"))
        }
    }

    @Test("The resource: what is given, the service's name first of all, and what is ours where nothing is given")
    func resource() throws {
        let values = { (settings: [String: String]) in
            Dictionary(uniqueKeysWithValues: try self.settings(settings).resource.map { ($0.name, $0.value) })
        }
        let plain = try values([:])
        #expect(plain["service.name"] == "gateway" && plain["service.version"] == "1")
        #expect(plain["service.instance.id"]?.isEmpty == false)
        let named = try values([
            "OTEL_SERVICE_NAME": "edge", "OTEL_RESOURCE_ATTRIBUTES": "service.name=x,deployment.environment.name=a%2Cb",
        ])
        #expect(named["service.name"] == "edge" && named["deployment.environment.name"] == "a,b")
        #expect(try values(["OTEL_RESOURCE_ATTRIBUTES": "service.name=x"])["service.name"] == "x")
    }
}
