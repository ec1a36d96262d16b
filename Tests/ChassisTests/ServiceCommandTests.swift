import Sockets
import Testing

@testable import Chassis

@Suite struct ServiceCommandTests {
    @Test(
        arguments: [
            ([], ServiceCommand.serve), (["--health"], .health), (["--help"], .help), (["--version"], .version),
            (["--healthy"], .unknown),
            (["--health", "--health"], .unknown), (["serve"], .unknown), ([""], .unknown),
        ] as [([String], ServiceCommand)])
    func readsTheCommandLine(arguments: [String], command: ServiceCommand) {
        #expect(ServiceCommand(arguments) == command)
    }

    @Test(arguments: [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("127.0.0.2", "127.0.0.2"), ("::1", "::1")])
    func theAdminPortIsReachedAtAnAddressOfThisMachine(bound: String, reached: String) throws {
        let listen = try ListenSettings(Settings(["BIND_ADDRESS": bound, "ADMIN_PORT": "9081"]))
        #expect(try listen.localAdmin() == Endpoint(host: reached, port: 9081))
    }

    @Test func aPortThatTheSystemChoseIsKnownToNobody() throws {
        let listen = try ListenSettings(Settings(["ADMIN_PORT": "0"]))
        #expect(throws: SettingsError.self) { try listen.localAdmin() }
    }
}
