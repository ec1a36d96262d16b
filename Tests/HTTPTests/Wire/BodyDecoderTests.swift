import HTTPTypes
import TestSupport
import Testing

@testable import HTTP

/// What a decoder made of the bytes it was shown.
struct DecodedBody: Equatable {
    enum End: Equatable {
        case open
        case end
        case failed(MessageError)
    }

    var data: [UInt8] = []
    var end = End.open
    /// Bytes behind the body.
    var rest: [UInt8] = []
    var trailers: HTTPFields = [:]
}

/// Shows `bytes` to a decoder the way a connection does: what arrived and was not consumed, then more.
func decode(_ bytes: [UInt8], _ framing: BodyFraming, cuts: [Int] = []) -> DecodedBody {
    var decoder = BodyDecoder(framing)
    var result = DecodedBody()
    var start = 0
    for end in cuts + [bytes.count] {
        while true {
            let window = Array(bytes[start..<end])
            switch window.withUnsafeBytes({ decoder.next($0) }) {
            case .data(let skip, let count):
                result.data += window[skip..<skip + count]
                start += skip + count
                continue
            case .needMore(let consumed): start += consumed
            case .failed(let error):
                result.end = .failed(error)
                return result
            case .end(let consumed):
                result.end = .end
                result.rest = Array(bytes[(start + consumed)...])
                result.trailers = decoder.trailers
                return result
            }
            break
        }
    }
    return result
}

@Suite struct BodyDecoderTests {
    struct Chunked: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let data: String
        var rest = ""
        var trailers: HTTPFields = [:]
        var testDescription: String { name }
    }

    static let accepted: [Chunked] = [
        Chunked(name: "empty", text: "0\r\n\r\n", data: ""),
        Chunked(name: "one chunk", text: "5\r\nhello\r\n0\r\n\r\n", data: "hello"),
        Chunked(name: "two chunks", text: "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", data: "hello world"),
        Chunked(
            name: "hexadecimal, both cases", text: "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
            data: "01234567890123456789"),
        Chunked(name: "leading zeros", text: "0005\r\nhello\r\n000\r\n\r\n", data: "hello"),
        Chunked(name: "CR LF inside the data", text: "4\r\n\r\n\r\n\r\n0\r\n\r\n", data: "\r\n\r\n"),
        Chunked(name: "extension", text: "5;a=b\r\nhello\r\n0;c\r\n\r\n", data: "hello"),
        Chunked(name: "white space before an extension", text: "5 \t;a=\"b;c\"\r\nhello\r\n0\r\n\r\n", data: "hello"),
        Chunked(name: "next message", text: "0\r\n\r\nGET /", data: "", rest: "GET /"),
        Chunked(
            name: "trailers", text: "1\r\nx\r\n0\r\nDigest: a\r\nServer-Timing: b\r\n\r\nrest", data: "x", rest: "rest",
            trailers: HTTPFields([
                HTTPField(name: HTTPField.Name("Digest")!, value: "a"),
                HTTPField(name: HTTPField.Name("Server-Timing")!, value: "b"),
            ])),
    ]

    @Test(arguments: accepted)
    func accepts(_ test: Chunked) {
        let bytes = Array(test.text.utf8)
        let expected = DecodedBody(
            data: Array(test.data.utf8), end: .end, rest: Array(test.rest.utf8), trailers: test.trailers)
        #expect(decode(bytes, .chunked) == expected)
        #expect(decode(bytes, .chunked, cuts: Array(0...bytes.count)) == expected)
    }

    static let refused: [WireCase<String>] = [
        WireCase("empty size", "\r\nhello\r\n0\r\n\r\n", ""),
        WireCase("extension without a size", ";a\r\n", ""),
        WireCase("size that is no number", "x\r\n", ""),
        WireCase("hexadecimal prefix", "0x5\r\nhello\r\n", ""),
        WireCase("sign", "+5\r\nhello\r\n", ""),
        WireCase("white space before the size", " 5\r\nhello\r\n", ""),
        WireCase("white space behind the size", "5 \r\nhello\r\n", ""),
        WireCase("nine digits", "000000005\r\nhello\r\n", ""),
        WireCase("size that overflows", "FFFFFFFFFFFFFFFFF\r\n", ""),
        WireCase("bare line feed after the size", "5\nhello\r\n0\r\n\r\n", ""),
        WireCase("bare carriage return after the size", "5\rhello\r\n0\r\n\r\n", ""),
        WireCase("data longer than the size", "5\r\nhello!\r\n0\r\n\r\n", "hello"),
        WireCase("data shorter than the size", "5\r\nhell\r\n0\r\n\r\n", "hell\r"),
        WireCase("bare line feed after the data", "5\r\nhello\n0\r\n\r\n", "hello"),
        WireCase("bare carriage return after the data", "5\r\nhello\r0\r\n\r\n", "hello"),
        WireCase("control byte in an extension", "5;a=\u{1}\r\nhello\r\n", ""),
        WireCase("NUL in an extension", "5;\u{0}\r\nhello\r\n", ""),
        WireCase("bare line feed in an extension", "5;a\nb\r\nhello\r\n", ""),
        WireCase("bare carriage return in an extension", "5;a\rb\r\nhello\r\n", ""),
        WireCase("extensions without end", "5;" + String(repeating: "a", count: 5000), ""),
        WireCase(
            "extensions in many chunks", String(repeating: "1;aaaaaaaa\r\nx\r\n", count: 600),
            String(repeating: "x", count: 512)),
        WireCase("trailer without colon", "0\r\nabc\r\n\r\n", ""),
        WireCase("folded trailer", "0\r\nA: b\r\n c\r\n\r\n", ""),
        WireCase("bare line feed at the end", "0\r\n\n", ""),
        WireCase("trailer that frames", "0\r\nContent-Length: 5\r\n\r\n", ""),
        WireCase("trailer that routes", "0\r\nHost: a\r\n\r\n", ""),
        WireCase("trailer that authenticates", "0\r\nAuthorization: x\r\n\r\n", ""),
        WireCase("too many trailers", "0\r\n" + String(repeating: "A: b\r\n", count: 33) + "\r\n", ""),
        WireCase("trailers too long", "0\r\nA: " + String(repeating: "b", count: 9000) + "\r\n\r\n", ""),
    ]

    @Test(arguments: refused)
    func refuses(_ test: WireCase<String>) {
        let whole = decode(test.bytes, .chunked)
        #expect(whole.end == .failed(.malformedChunk))
        let split = decode(test.bytes, .chunked, cuts: Array(0...test.bytes.count))
        #expect(split.end == .failed(.malformedChunk))
        #expect(split.data == Array(test.expected.utf8))
    }

    @Test func everyPrefixIsOpen() {
        let bytes = Array("5;a=b\r\nhello\r\n0\r\nDigest: a\r\n\r\n".utf8)
        for count in 0..<bytes.count {
            #expect(decode(Array(bytes[..<count]), .chunked).end == .open)
        }
    }

    @Test func randomSplitsChangeNothing() {
        var random = SeededGenerator.announced()
        for _ in 0..<300 {
            let (bytes, data) = Self.body(&random)
            let cuts = (0..<6).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            let result = decode(bytes, .chunked, cuts: cuts)
            #expect(result.end == .end)
            #expect(result.data == data)
            #expect(result.rest == Array("next".utf8))
        }
    }

    private static func body(_ random: inout SeededGenerator) -> (bytes: [UInt8], data: [UInt8]) {
        var bytes: [UInt8] = []
        var data: [UInt8] = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let chunk = random.bytes(Int.random(in: 1...300, using: &random))
            data += chunk
            bytes += Array(String(chunk.count, radix: 16).utf8) + (random.chance(0.3) ? Array(";x=y".utf8) : [])
            bytes += Array("\r\n".utf8) + chunk + Array("\r\n".utf8)
        }
        return (bytes + Array((random.chance(0.5) ? "0\r\nA: b\r\n\r\nnext" : "0\r\n\r\nnext").utf8), data)
    }

    @Test func lengthTakesItsBytesAndNoMore() {
        let bytes = Array("hellonext".utf8)
        let expected = DecodedBody(data: Array("hello".utf8), end: .end, rest: Array("next".utf8))
        #expect(decode(bytes, .length(5)) == expected)
        #expect(decode(bytes, .length(5), cuts: Array(0...bytes.count)) == expected)
        #expect(decode(bytes, .none) == DecodedBody(end: .end, rest: bytes))
        #expect(decode(bytes, .untilClose) == DecodedBody(data: bytes))
    }

    @Test func endOfInputEndsOnlyWhatLastsUntilThen() throws {
        var untilClose = BodyDecoder(.untilClose)
        try untilClose.endOfInput()
        #expect(untilClose.next(UnsafeRawBufferPointer(start: nil, count: 0)) == .end(consumed: 0))
        for framing in [BodyFraming.length(1), .chunked] {
            var decoder = BodyDecoder(framing)
            #expect(throws: MessageError.incompleteMessage) { try decoder.endOfInput() }
        }
    }
}
