import Chassis
import TestSupport
import Testing

@Suite struct Base64URLTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectorsOfTheRFC(plain: String, coded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == coded)
        #expect(Base64URL.decode(coded) == Array(plain.utf8))
    }

    @Test func usesTheSafeAlphabet() { #expect(Base64URL.encode([0xFB, 0xFF, 0xBF]) == "-_-_") }

    @Test(arguments: ["Zg==", "Zh", "Z", "Zm9vY", "Zm 8", "Zm+v", "Zm/v", "Zm8é"])
    func refuses(text: String) { #expect(Base64URL.decode(text) == nil) }

    @Test func comesBackTheSame() {
        var random = SeededGenerator.announced()
        for length in 0..<300 {
            let bytes = random.bytes(length)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test func comparesSecretsWhole() {
        #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3, 4], [1, 2, 3]))
        #expect(!constantTimeEqual([], [1]))
        #expect(constantTimeEqual([], []))
    }
}
