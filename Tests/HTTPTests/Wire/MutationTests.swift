import TestSupport
import Testing

@testable import HTTP

/// Random damage to valid and invalid heads. Splitting must never change the outcome, nothing may crash, and what the
/// slow reference refuses must not be accepted.
@Suite struct MutationTests {
    static let requests: [[UInt8]] = (RequestHeadTests.all.map(\.bytes) + RequestRefusalTests.all.map(\.bytes)).filter {
        $0.count < 600
    }
    static let responses: [[UInt8]] =
        ResponseHeadTests.accepted.map { Array($0.text.utf8) }
        + ResponseHeadTests.refused.map(\.bytes).filter { $0.count < 600 }

    /// Bytes that matter to the grammar, so that damage is more often interesting than merely random.
    private static let interesting = Array("\r\n\r\n :\t\u{0}\u{7F}%./;,0159aHTX\"#?*".utf8)
    private static let snippets = [
        "\r\n", "\r\n\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Host: b\r\n", " HTTP/1.1",
        "%2e%2e/", "%00", "Connection: close\r\n", "Expect: 100-continue\r\n",
    ].map { Array($0.utf8) }

    static func mutate(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            let byte = interesting.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.insert(byte, at: at)
            case 1 where at < bytes.count: bytes[at] = byte
            case 2 where at < bytes.count: bytes.remove(at: at)
            case 3 where at < bytes.count: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 4: bytes.insert(contentsOf: snippets.randomElement(using: &random) ?? [], at: at)
            default: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0...8, using: &random)))
            }
        }
        return bytes
    }

    private static func cuts(_ count: Int, _ random: inout SeededGenerator) -> [Int] {
        random.chance(0.2)
            ? Array(0..<count) : (0..<4).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    }

    @Test func requestsUnderMutation() {
        var random = SeededGenerator.announced()
        var accepted = 0
        for _ in 0..<20_000 {
            let bytes = Self.mutate(Self.requests.randomElement(using: &random) ?? [], &random)
            let whole = parseRequest(bytes)
            #expect(parseRequest(bytes, cuts: Self.cuts(bytes.count, &random)) == whole, "\(Self.show(bytes))")
            guard whole.parsed != nil else { continue }
            accepted += 1
            #expect(ReferenceHead.mayBeRequest(bytes), "\(Self.show(bytes))")
        }
        #expect(accepted > 300, "hardly anything was accepted: the test shows nothing")
    }

    @Test func responsesUnderMutation() {
        var random = SeededGenerator.announced()
        var accepted = 0
        for _ in 0..<10_000 {
            let bytes = Self.mutate(Self.responses.randomElement(using: &random) ?? [], &random)
            let whole = parseResponse(bytes)
            #expect(parseResponse(bytes, cuts: Self.cuts(bytes.count, &random)) == whole, "\(Self.show(bytes))")
            guard let parsed = whole.parsed else { continue }
            accepted += 1
            // A 304 or 1xx may have fields that would frame a body elsewhere; the rest follows one rule.
            #expect(ReferenceHead.mayBeResponse(bytes), "\(Self.show(bytes)) \(parsed)")
        }
        #expect(accepted > 300, "hardly anything was accepted: the test shows nothing")
    }

    @Test func chunksUnderMutation() {
        var random = SeededGenerator.announced()
        let seeds = (BodyDecoderTests.accepted.map { Array($0.text.utf8) } + BodyDecoderTests.refused.map(\.bytes))
            .filter {
                $0.count < 200
            }
        for _ in 0..<10_000 {
            let bytes = Self.mutate(seeds.randomElement(using: &random) ?? [], &random)
            let whole = decode(bytes, .chunked)
            let split = decode(bytes, .chunked, cuts: Self.cuts(bytes.count, &random))
            #expect(split == whole, "\(Self.show(bytes))")
        }
    }

    private static func show(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }
}
