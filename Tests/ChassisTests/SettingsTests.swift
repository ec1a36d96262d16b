import Configuration
import Sockets
import TestSupport
import Testing

@testable import Chassis

@Suite struct SettingsTests {
    private enum Mode: String, CaseIterable {
        case on
        case off
        case observe
    }

    @Test func environmentGoesBeforeFileBeforeDefault() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(#"{"PORT": 1111, "LOG_LEVEL": "debug", "ACCESS_LOG": false}"#, to: "c.json")
        let environment = EnvironmentVariablesProvider(environmentVariables: [
            "CONFIG_FILE": path, "LOG_LEVEL": "error",
        ])
        let settings = try Settings.load(environment: environment)
        #expect(try settings.integer("PORT", in: 0...65_535, default: 8080) == 1111)
        #expect(settings.string("LOG_LEVEL", default: "info") == "error")
        #expect(try settings.bool("ACCESS_LOG", default: true) == false)
        #expect(try settings.integer("ADMIN_PORT", in: 0...65_535, default: 9080) == 9080)
    }

    @Test(arguments: [
        "not json", "[1]", #"{"PORT": {"http": 1}}"#, #"{"PORT": [1]}"#, #"{"PORT": null}"#, #"{"A": 1, "A": 2}"#,
    ])
    func refusesAFileThatIsNoObject(text: String) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(text, to: "c.json")
        let environment = EnvironmentVariablesProvider(environmentVariables: ["CONFIG_FILE": path])
        #expect(throws: SettingsError.self) { try Settings.load(environment: environment) }
    }

    @Test func refusesAMissingFile() async throws {
        let environment = EnvironmentVariablesProvider(environmentVariables: ["CONFIG_FILE": "/nowhere/c.json"])
        #expect(throws: SettingsError.self) { try Settings.load(environment: environment) }
    }

    @Test func saysKeyValueAndWhatIsAllowedInOneLine() {
        let settings = Settings(["PORT": "80\na", "MODE": "maybe", "WAIT": "-1", "FLAG": "2"])
        #expect(
            message { _ = try settings.integer("PORT", in: 0...65_535, default: 1) }
                == #"PORT="80 a" is not allowed: expected a whole number from 0 to 65535"#)
        #expect(
            message { _ = try settings.choice("MODE", default: Mode.on) }
                == #"MODE="maybe" is not allowed: expected one of on, off, observe"#)
        #expect(
            message { _ = try settings.seconds("WAIT", in: 0...60, default: 1) }
                == #"WAIT="-1" is not allowed: expected seconds from 0.0 to 60.0"#)
        #expect(
            message { _ = try settings.bool("FLAG", default: true) }
                == #"FLAG="2" is not allowed: expected on or off"#)
        #expect(
            message { _ = try settings.requiredString("URL", "a URL") }
                == "URL is not set: expected a URL")
    }

    private func message(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch { return "\(error)" }
    }

    @Test func emptyCountsAsNotSet() throws {
        let settings = Settings(["PORT": "", "TOKEN": ""])
        #expect(try settings.integer("PORT", in: 0...9, default: 7) == 7)
        #expect(settings.optionalString("PORT") == nil)
        #expect(try settings.secret("TOKEN") == nil)
    }

    @Test(arguments: [
        ["PORT": "70000"], ["PORT": "9080"], ["BIND_ADDRESS": "localhost:1"], ["EVENT_LOOPS": "-1"],
        ["TOLLGATE_READINESS": "kqueue"], ["DRAIN_DELAY_SECONDS": "soon"], ["SHUTDOWN_GRACE_SECONDS": "nan"],
    ])
    func refusesWrongListenSettings(values: [String: String]) {
        #expect(throws: SettingsError.self) { try ListenSettings(Settings(values)) }
    }

    @Test func readsListenSettings() throws {
        let listen = try ListenSettings(
            Settings([
                "PORT": "0", "ADMIN_PORT": "0", "BIND_ADDRESS": "::1", "EVENT_LOOPS": "3",
                "TOLLGATE_READINESS": "dispatch", "DRAIN_DELAY_SECONDS": "0.5",
            ]))
        #expect(listen.port == 0 && listen.loops == 3 && listen.readiness == .dispatch)
        #expect(listen.drainDelay == .milliseconds(500))
        #expect(listen.grace == .seconds(25))
    }
}

@Suite struct SecretTests {
    @Test func isNeverShown() throws {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        dump(["a": [secret]], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])", "\(Optional(secret) as Any)"] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.matches("hunter2".utf8) && !secret.matches("hunter".utf8))
    }

    @Test func comesFromAFileThatIsReadAgainWhenItChanges() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("first\n", to: "token")
        let source = try #require(try Settings(["ADMIN_TOKEN_FILE": path, "ADMIN_TOKEN": "no"]).secret("ADMIN_TOKEN"))
        #expect(source.current.exposed == "first")
        try FileAccess.write(Array("second".utf8), to: path)
        #expect(source.current.exposed == "second")
        try FileAccess.write([], to: path)
        #expect(source.current.exposed == "second")
    }

    @Test func refusesAMissingOrEmptyFileWithoutItsContent() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(" \n", to: "token")
        for file in [path, "/nowhere/token"] {
            #expect(throws: SettingsError.self) { try Settings(["X_FILE": file]).secret("X") }
        }
    }

    @Test func takesTheValueOfTheEnvironment() throws {
        #expect(try Settings(["X": "v"]).secret("X")?.current.exposed == "v")
        #expect(try Settings([:]).secret("X") == nil)
    }
}
