import Chassis
import TestSupport
import Testing

@testable import UserService

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct SigningKeyDirectoryTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt32(status.st_mode) & 0o777 : 0
    }

    @Test func theFirstStartMakesAKeyAndLaterOnesKeepIt() throws {
        let keys = SigningKeyDirectory(path: directory.file("keys"))
        let first = try keys.load(now: 1_700_000_000_000)
        #expect(try FileAccess.list(keys.path) == ["2023-11-14T221320.000Z.pem"])
        #expect(mode(keys.path) == 0o700)
        #expect(mode(keys.path + "/2023-11-14T221320.000Z.pem") == 0o600)
        let second = try keys.load(now: 1_800_000_000_000)
        #expect(second.active.id == first.active.id && second.document == first.document)
    }

    @Test func theLastNameSigns() throws {
        let (old, new) = (SigningKey(), SigningKey())
        try directory.write(new.pem, to: "2026-02.pem")
        try directory.write(old.pem, to: "2026-01.pem")
        try directory.write("not a key", to: "README")
        let set = try SigningKeyDirectory(path: directory.path).load(now: 0)
        #expect(set.active.id == new.id)
    }

    @Test func aFileThatIsNoKeyStopsTheStartInOneLine() throws {
        try directory.write("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----", to: "a.pem")
        let error = #expect(throws: SettingsError.self) {
            try SigningKeyDirectory(path: directory.path).load(now: 0)
        }
        let text = try #require(error).description
        #expect(text.contains("SIGNING_KEY_DIR") && text.contains("a.pem"))
        #expect(!text.contains("\n") && !text.contains("c2VjcmV0"))
    }
}
