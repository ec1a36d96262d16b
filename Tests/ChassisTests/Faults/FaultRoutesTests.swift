import JSON
import TestSupport
import Testing

@testable import Chassis

/// A service with its fault lab on, as operators and clients see it.
@Suite struct FaultRoutesTests {
    private static let token = "Authorization: Bearer the-token\r\n"
    private static let environment = ["FAULT_LAB": "on", "ADMIN_TOKEN": "the-token"]

    private func ask(_ line: String, _ port: Int, fields: String = token, body: String = "") throws -> String {
        let client = try RawClient(port: port)
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\nContent-Type: application/json\r\n"
        try client.send("\(line) HTTP/1.1\r\nHost: x\r\n\(fields)\(length)\r\n\(body)")
        return try client.readAnswer()
    }

    private func begin(_ body: String, _ admin: Int) throws -> String {
        let answer = try ask("POST /faults", admin, body: body)
        #expect(answer.hasPrefix("HTTP/1.1 201"), "\(answer)")
        let document = try JSONValue(parsing: Array((answer.split(separator: "\r\n\r\n").last ?? "").utf8))
        return try #require(document["id"]?.string)
    }

    @Test func isNotThereUnlessSwitchedOn() async throws {
        let service = try RunningService(["ADMIN_TOKEN": "the-token"])
        service.start()
        let (_, admin) = try await service.ports()
        for line in ["GET /faults", "POST /faults", "DELETE /faults", "DELETE /faults/flt_1"] {
            let answer = try ask(line, admin)
            #expect(answer.hasPrefix("HTTP/1.1 404") && answer.contains("fault_lab_off"), "\(line)")
            #expect(answer.contains("FAULT_LAB=on"))
        }
        #expect(service.chassis.faults == nil)
        #expect(!(try ask("GET /metrics", admin).contains("tollgate_faults")))
        #expect(!service.output.text.contains("fault lab"))
        await service.stop()
        try await service.end()
    }

    @Test(arguments: ["", "Authorization: Bearer other\r\n", "Tollgate-Admin-Token: the-token\r\n"])
    func opensToTheTokenAlone(fields: String) async throws {
        let service = try RunningService(Self.environment)
        service.start()
        let (_, admin) = try await service.ports()
        for line in ["GET /faults", "POST /faults", "DELETE /faults", "DELETE /faults/flt_1"] {
            #expect(try ask(line, admin, fields: fields).hasPrefix("HTTP/1.1 401"), "\(line)")
        }
        await service.stop()
        try await service.end()
    }

    @Test func makesErrorsOfOneRouteAndSaysSo() async throws {
        let service = try RunningService(Self.environment)
        service.start()
        let (port, admin) = try await service.ports()
        #expect(service.output.text.contains("The fault lab is on"))
        let id = try begin(#"{"kind":"error","status":502,"route":"/v1/users/{id}"}"#, admin)
        let answer = try ask("GET /v1/users/7", port)
        #expect(answer.hasPrefix("HTTP/1.1 502"))
        #expect(answer.contains(#""code":"injected_fault""#))
        #expect(answer.contains("Tollgate-Fault: \(id)\r\n"))
        #expect(try ask("GET /v1/logging", port).hasPrefix("HTTP/1.1 200"))
        #expect(try ask("GET /nowhere", port).hasPrefix("HTTP/1.1 404"))

        let list = try ask("GET /faults", admin)
        #expect(list.contains(#""id":"\#(id)""#) && list.contains(#""strikes":1"#))
        let metrics = try ask("GET /metrics", admin)
        #expect(metrics.contains(#"tollgate_faults_active{kind="error"} 1"#))
        #expect(metrics.contains(#"tollgate_faults_active{kind="latency"} 0"#))
        #expect(metrics.contains(#"tollgate_faults_injected_total{kind="error"} 1"#))
        #expect(metrics.contains(#"http_response_status_code="502",http_route="/v1/users/{id}""#))

        #expect(try ask("DELETE /faults/\(id)", admin).hasPrefix("HTTP/1.1 204"))
        #expect(try ask("DELETE /faults/\(id)", admin).hasPrefix("HTTP/1.1 404"))
        #expect(try ask("GET /v1/users/7", port).hasPrefix("HTTP/1.1 200"))
        #expect(try ask("GET /metrics", admin).contains(#"tollgate_faults_active{kind="error"} 0"#))
        await service.stop()
        try await service.end()
        #expect(service.output.text.contains(#""reason":"injected_error""#))
    }

    @Test func probesAndMetricsAreNeverStruck() async throws {
        let service = try RunningService(Self.environment)
        service.start()
        let (port, admin) = try await service.ports()
        _ = try begin(#"{"kind":"drop"}"#, admin)
        _ = try begin(#"{"kind":"error"}"#, admin)
        let client = try RawClient(port: port)
        try client.send("GET /v1/users/7 HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readToEnd().isEmpty)
        for path in ["/livez", "/readyz", "/metrics", "/version", "/faults"] {
            #expect(try ask("GET \(path)", admin).hasPrefix("HTTP/1.1 200"))
        }
        #expect(try ask("DELETE /faults", admin).hasPrefix("HTTP/1.1 204"))
        #expect(try ask("GET /v1/users/7", port).hasPrefix("HTTP/1.1 200"))
        await service.stop()
        try await service.end()
    }

    @Test func dropsBeforeAfterAndInTheMiddle() async throws {
        let service = try RunningService(Self.environment)
        service.start()
        let (port, admin) = try await service.ports()
        for (cut, expected) in [("before", ""), ("after", ""), ("middle", "he")] {
            _ = try begin(#"{"kind":"drop","at":"\#(cut)"}"#, admin)
            let client = try RawClient(port: port)
            try client.send("GET /v1/users/7 HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try client.readTextToEnd()
            if cut == "middle" {
                #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains("Content-Length: 5\r\n"))
                #expect(answer.hasSuffix("\r\n\r\n" + expected))
            } else {
                #expect(answer.isEmpty)
            }
            #expect(try ask("DELETE /faults", admin).hasPrefix("HTTP/1.1 204"))
        }
        await service.stop()
        try await service.end()
        let lines = service.output.lines.filter { $0.contains(#""reason":"injected_drop""#) }
        #expect(lines.count == 3)
        // The handler was asked in two of three: its note of who called is there.
        #expect(lines.filter { $0.contains("usr_1") }.count == 2)
    }

    @Test func delaysAnswersAndEndsByItself() async throws {
        let service = try RunningService(Self.environment)
        service.start()
        let (port, admin) = try await service.ports()
        let id = try begin(#"{"kind":"latency","milliseconds":150,"for":1}"#, admin)
        let began = ContinuousClock.now
        let answer = try ask("GET /v1/users/7", port)
        #expect(ContinuousClock.now - began >= .milliseconds(150))
        #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains("Tollgate-Fault: \(id)\r\n"))
        try await waitUntil("the end", timeout: .seconds(30)) {
            try self.ask("GET /metrics", admin).contains(#"tollgate_faults_active{kind="latency"} 0"#)
        }
        #expect(!(try ask("GET /v1/users/7", port).contains("Tollgate-Fault")))
        #expect(try ask("GET /faults", admin).contains(#""data":[]"#))
        await service.stop()
        try await service.end()
        #expect(service.output.text.contains(#""cause":"time""#))
    }

    @Test func aWrongRequestIsToldWhatIsWrong() async throws {
        let service = try RunningService(Self.environment)
        service.start()
        let (_, admin) = try await service.ports()
        let unfit = try ask("POST /faults", admin, body: #"{"kind":"blocked_database"}"#)
        #expect(unfit.hasPrefix("HTTP/1.1 422") && unfit.contains("does not fit this service"))
        #expect(try ask("POST /faults", admin, body: #"{"kind":"#).hasPrefix("HTTP/1.1 400"))
        for _ in 0..<16 { _ = try begin(#"{"kind":"error","route":"/none"}"#, admin) }
        let full = try ask("POST /faults", admin, body: #"{"kind":"error","route":"/none"}"#)
        #expect(full.hasPrefix("HTTP/1.1 409") && full.contains("too_many_faults"))
        await service.stop()
        try await service.end()
    }
}
