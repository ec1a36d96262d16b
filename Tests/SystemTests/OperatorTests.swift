import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import TollgateTool

/// What operators see and switch on the gateway's admin port.
@Suite(.serialized) struct OperatorTests {
    @Test func theAdminPortShowsTheGatewaysState() async throws {
        let system = try await DirectSystem()
        let ada = try await Person(system.api)
        _ = try await ada.openAccount()
        let admin = APIClient(port: system.port + 1_000)

        let upstreams = try await admin.send(.get, "/upstreams").body["upstreams"]?.array ?? []
        #expect(upstreams.compactMap { $0["name"]?.string } == ["user-service", "payments-service"])
        let upstreamFields: Set = ["name", "waiting", "breaker", "panic", "addresses"]
        let addressFields: Set = ["address", "weight", "fit", "in_flight", "requests", "latency_us"]
        for upstream in upstreams {
            #expect(Set((upstream.object ?? []).map(\.name)) == upstreamFields)
            #expect(upstream["waiting"]?.integer == 0)
            #expect(upstream["breaker"] == "closed")
            #expect(upstream["panic"]?.bool == false)
            let plan = try #require(system.plans[upstream["name"]?.string ?? ""])
            let addresses = upstream["addresses"]?.array ?? []
            #expect(addresses.map { $0["address"]?.string } == ["127.0.0.1:\(plan.port)"])
            for address in addresses {
                // Neither health checks nor ejections here: those fields are left out.
                #expect(Set((address.object ?? []).map(\.name)) == addressFields)
                #expect(address["weight"]?.integer == 1)
                #expect(address["fit"]?.bool == true)
                #expect(try #require(address["in_flight"]?.integer) >= 0)
                #expect(try #require(address["requests"]?.integer) > 0)
                #expect(try #require(address["latency_us"]?.integer) > 0)
            }
        }
        let routes = try await admin.send(.get, "/routes").body["routes"]?.array ?? []
        let pay = try #require(routes.first { $0["name"] == "pay" })
        #expect(pay["path"] == "/api/v1/payments")
        #expect(pay["upstream"] == "payments-service")
        #expect(pay["scopes"] == .array([.string("payments:write")]))
        #expect(try await admin.send(.get, "/limits").body["mode"] == "off")
        let configuration = try await admin.send(.get, "/config").body
        #expect(configuration["digest"]?.string?.count == 12)
        // As written, not as resolved.
        #expect(
            configuration["configuration"]?["upstreams"]?["user-service"]?["url"]
                == "${USER_SERVICE_URL:-http://127.0.0.1:8081}")
        // None of it on the public port.
        for path in ["/upstreams", "/routes", "/limits", "/config", "/log-level"] {
            #expect(try await system.api.send(.get, path).status == 404)
        }
        await system.stopAll()
    }

    @Test func theLinesOfTheGuideWork() async throws {
        let system = try await DirectSystem()
        let block = try #require(try Document("docs/gateway/operations.md").blocks.first { $0.language == "sh" })
        let script = block.text.replacing("http://127.0.0.1:9080", with: "http://127.0.0.1:\(system.port + 1_000)")
            .replacing(".tollgate", with: system.data)
        let shell = RunningProgram("/bin/sh", ["-eu", "-c", script])
        #expect(await shell.exitStatus() == 0, "\(shell.output)")
        #expect(shell.output.contains(#""name":"payments-service""#))
        #expect(shell.output.contains(#"{"level":"debug"}"#))
        await system.stopAll()
    }

    @Test(arguments: ["gateway", "user-service", "payments-service"])
    func theSwitchesNeedTheToken(of service: String) async throws {
        let system = try await DirectSystem()
        let admin = APIClient(port: try #require(system.plans[service]).adminPort)
        let level = #"{"level":"error"}"#
        #expect(try await admin.send(.put, "/log-level", raw: Array(level.utf8)).status == 401)
        #expect(try await admin.send(.post, "/drain").status == 401)
        #expect(try await admin.send(.get, "/readyz").status == 200)

        let token = try String(contentsOfFile: "\(system.data)/keys/admin/token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await admin.send(.put, "/log-level", raw: Array(level.utf8), token: token).status == 200)
        #expect(try await admin.send(.get, "/log-level", token: token).body["level"] == "error")
        let wrong = try await admin.send(.put, "/log-level", raw: Array(#"{"level":"loud"}"#.utf8), token: token)
        #expect(wrong.status == 422)
        #expect(try await admin.send(.post, "/drain", token: token).status == 202)
        #expect(try await admin.send(.get, "/readyz").status == 503)
        #expect(await system.stop(service) == 0)
        await system.stopAll()
    }

    /// A user without a role knocks at the staff's doors, with a log that is told to be quiet.
    @Test func refusedAttemptsAtAdministrationAreAuditLines() async throws {
        let system = try await DirectSystem(environment: ["RATE_LIMITS": "off", "LOG_LEVEL": "error"])
        let ada = try await Person(system.api)
        let answer = try await system.api.send(.get, "/api/v1/admin/users", token: ada.token)
        #expect(answer.status == 403)
        try await waitUntil("the line is written", timeout: .seconds(60)) {
            system.output("gateway").contains(#""category":"audit""#)
        }
        let line = try #require(
            system.output("gateway").split(separator: "\n").first { $0.contains(#""category":"audit""#) })
        let members = try JSONValue(parsing: Array(line.utf8))
        #expect(members["action"] == "list-users")
        #expect(members["outcome"] == "refused")
        #expect(members["code"] == "insufficient_role")
        #expect(members["actor"]?.string == ada.id)
        #expect(members["client_address"] == "127.0.0.1")
        #expect(members["request_id"]?.string?.isEmpty == false)
        await system.stopAll()
    }
}
