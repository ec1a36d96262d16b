import Foundation
import HTTP
import HTTPTypes
import Testing

@testable import Gateway

/// The console's files and who gets them.
@Suite struct ConsoleTests {
    private static let yaml = """
        upstreams:
          users: { url: "${USERS}" }
        routes:
          - { name: console, path: /, methods: [GET], serve: console, auth: public }
          - { name: console-assets, path: /console/*, methods: [GET], serve: console-assets, auth: public }
        """

    private static let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

    private func get(
        _ gateway: GatewayFixture, _ target: String, _ fields: HTTPFields = [:], method: HTTPRequest.Method = .get
    ) async throws -> GatewayFixture.Answer { try await gateway.send(method, target, fields: fields) }

    @Test func browsersGetThePageAndProgramsASignpost() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let page = try await get(gateway, "/", [.accept: Self.browser])
            #expect(page.status == 200)
            #expect(page.fields[.contentType] == "text/html; charset=utf-8")
            #expect(page.text.contains("/console/main.js"))
            #expect(page.fields[.cacheControl] == "no-cache")
            #expect(page.fields[.vary]?.contains("Accept") == true)
            for accept in ["*/*", "application/json", "application/json, text/html;q=0"] {
                let signpost = try await get(gateway, "/", [.accept: accept])
                #expect(signpost.fields[.contentType] == "application/json", "\(accept)")
                #expect(signpost.text.contains("/api/v1/openapi.json"))
                #expect(signpost.fields[.vary] == "Accept")
            }
            #expect(try await get(gateway, "/").fields[.contentType] == "application/json")
        }
    }

    @Test func browsersAreToldToTrustNothingElse() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            for target in ["/", "/console/main.js"] {
                let fields = try await get(gateway, target, [.accept: Self.browser]).fields
                let policy = try #require(fields[.contentSecurityPolicy])
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
                #expect(policy.contains("form-action 'none'"))
                #expect(policy.contains("require-trusted-types-for 'script'"))
                #expect(!policy.contains("unsafe"))
                #expect(fields[.init("X-Content-Type-Options")!] == "nosniff")
                #expect(fields[.init("X-Frame-Options")!] == "DENY")
                #expect(fields[.init("Referrer-Policy")!] == "no-referrer")
            }
        }
    }

    @Test(arguments: ["/", "/console/main.js", "/console/console.css"])
    func filesAreCompressedAndRevalidated(target: String) async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            let plain = try await get(gateway, target, [.accept: Self.browser])
            let tag = try #require(plain.fields[.eTag])
            // The second one is the answer that was kept.
            for _ in 0..<2 {
                let small = try await get(
                    gateway, target, [.accept: Self.browser, .acceptEncoding: "gzip, deflate, br"])
                #expect(small.fields[.contentEncoding] == "gzip")
                #expect(small.fields[.eTag] == "W/" + tag)
                #expect(small.body.count < plain.body.count)
                let varied = small.fields[.vary] ?? ""
                #expect(varied.contains("Accept-Encoding"))
            }
            for held in [tag, "W/" + tag] {
                let same = try await get(gateway, target, [.accept: Self.browser, .ifNoneMatch: held])
                #expect(same.status == 304)
                #expect(same.fields[.eTag] == held)
                #expect(same.body.isEmpty)
                #expect(gateway.observed.notes.last?.reason == "not_modified")
            }
            let head = try await get(gateway, target, [.accept: Self.browser], method: .head)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.fields[.contentLength] == String(plain.body.count))
        }
    }

    @Test func nothingElseIsThere() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            for target in [
                "/console", "/console/", "/console/index.html", "/console/main.jss", "/console/%2e%2e/gateway.yaml",
            ] {
                let status = try await get(gateway, target).status
                #expect(status == 404, "\(target)")
                #expect(target == "/console/%2e%2e/gateway.yaml" || gateway.observed.notes.last?.reason == "no_file")
            }
            for method in [HTTPRequest.Method.post, .put, .delete] {
                let page = try await get(gateway, "/", method: method).status
                #expect(page == 405)
                let file = try await get(gateway, "/console/main.js", method: method).status
                #expect(file == 405)
            }
        }
    }

    @Test func itCanBeSwitchedOff() async throws {
        try await GatewayFixture.run(Self.yaml) { gateway in
            var environment = gateway.environment
            environment.hasConsole = false
            gateway.live.replace(by: Gateway(gateway.gateway.origin, environment: environment))
            for target in ["/", "/console/main.js"] {
                let status = try await get(gateway, target, [.accept: Self.browser]).status
                #expect(status == 404)
            }
        }
    }

    @Test func filesAreThoseOfTheFolderAndSmall() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/Gateway/Console/assets").standardizedFileURL
        var files: [String: String] = [:]
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            files[file.lastPathComponent] = try String(contentsOf: file, encoding: .utf8)
        }
        #expect(files.removeValue(forKey: "index.html") == ConsoleAssets.page.text)
        #expect(files == ConsoleAssets.named.mapValues(\.text))
        let size = (ConsoleAssets.named.values.map(\.text) + [ConsoleAssets.page.text]).reduce(0) { $0 + $1.utf8.count }
        #expect(size < 150 << 10, "\(size) bytes")
    }
}
