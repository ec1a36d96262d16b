import Chassis
import TestSupport
import Testing

@testable import UserService

@Suite struct DataSealerTests {
    private let sealer = DataSealer(key: Array(repeating: 1, count: 32))

    @Test func whatIsSealedOpensForItsOwnerAndPurposeOnly() throws {
        let sealed = try sealer.seal([1, 2, 3], .totpSecret, of: "usr_1")
        #expect(try sealer.open(sealed, .totpSecret, of: "usr_1") == [1, 2, 3])
        #expect(throws: DataSealer.CannotOpen()) { try sealer.open(sealed, .totpSecret, of: "usr_2") }
        #expect(throws: DataSealer.CannotOpen()) { try sealer.open(sealed, .signingKey, of: "usr_1") }
        let other = DataSealer(key: Array(repeating: 2, count: 32))
        #expect(throws: DataSealer.CannotOpen()) { try other.open(sealed, .totpSecret, of: "usr_1") }
        #expect(try sealer.seal([1, 2, 3], .totpSecret, of: "usr_1") != sealed)
    }

    @Test func aChangedByteIsNoticed() throws {
        let sealed = try sealer.seal([1, 2, 3], .totpSecret, of: "usr_1")
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: DataSealer.CannotOpen()) { try sealer.open(changed, .totpSecret, of: "usr_1") }
        }
        for count in 0..<sealed.count {
            #expect(throws: DataSealer.CannotOpen()) {
                try sealer.open(Array(sealed.prefix(count)), .totpSecret, of: "usr_1")
            }
        }
    }

    @Test func theKeyComesFromAFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("encryption.key")
        try AdminToken.generate(at: path)
        let settings = Settings(["SIGNING_KEY_ENCRYPTION_KEY_FILE": path])
        let sealed = try DataSealer(settings).seal([9], .signingKey, of: "k")
        #expect(try DataSealer(settings).open(sealed, .signingKey, of: "k") == [9])
    }

    @Test(arguments: ["", "short", "not base64url !!", String(repeating: "A", count: 44)])
    func aKeyThatCannotBeOneIsRefusedInOneLine(text: String) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(text, to: "encryption.key")
        let error = #expect(throws: SettingsError.self) {
            try DataSealer(Settings(["SIGNING_KEY_ENCRYPTION_KEY_FILE": path]))
        }
        let line = try #require(error).description
        #expect(line.contains("SIGNING_KEY_ENCRYPTION_KEY_FILE") && line.contains(path) && !line.contains("\n"))
        let inline = #expect(throws: SettingsError.self) {
            try DataSealer(Settings(["SIGNING_KEY_ENCRYPTION_KEY": text]))
        }
        #expect(text.isEmpty || inline?.description.contains(text) == false)
    }

    @Test func withoutAKeyThereIsNoStart() {
        let error = #expect(throws: SettingsError.self) { try DataSealer(Settings([:])) }
        #expect(error?.description.hasPrefix("SIGNING_KEY_ENCRYPTION_KEY_FILE is not set") == true)
    }
}
