import ArgumentParser
import TestSupport
import Testing

@testable import TollgateTool

@Suite struct RoutesCommandTests {
    private static let yaml = """
        upstreams: { one: { url: "http://one" } }
        routes: [{ name: a, path: /a, headers: { X-A: "1" }, upstream: one, auth: public }]
        """

    private static func explain(_ arguments: [String]) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(yaml, to: "gateway.yaml")
        let command = try RoutesExplainCommand.parse(arguments + ["--config", file])
        try await command.run()
    }

    @Test func aRouteThatAnswersIsSuccess() async throws {
        try await Self.explain(["GET", "/a", "--header", "X-A: 1"])
    }

    @Test(arguments: [["GET", "/a"], ["GET", "/b", "--header", "X-A: 1"]])
    func noRouteIsAFailure(arguments: [String]) async throws {
        await #expect(throws: ExitCode(1)) { try await Self.explain(arguments) }
    }

    @Test func aMalformedQuestionIsAUsageError() async throws {
        await #expect(throws: ValidationError.self) { try await Self.explain(["GET", "nowhere"]) }
    }

    @Test func aFileThatIsWrongIsReported() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("routes: []", to: "gateway.yaml")
        let command = try RoutesListCommand.parse(["--config", file, "--format", "markdown"])
        await #expect(throws: Failure.self) { try await command.run() }
    }
}
