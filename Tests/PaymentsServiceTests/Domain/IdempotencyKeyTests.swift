import Testing

@testable import PaymentsService

@Suite struct IdempotencyKeyTests {
    @Test(
        "Bare and quoted values name the same key",
        arguments: [
            ("abc", "abc"), (#""abc""#, "abc"), ("  abc ", "abc"), (#""a b""#, "a b"), (#""a\"b\\c""#, #"a"b\c"#),
            ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
            ("order/17:capture+1=", "order/17:capture+1="), (#""a,b;c""#, "a,b;c"),
        ])
    func accepted(field: String, value: String) throws {
        #expect(try #require(IdempotencyKey(field: field)).value == value)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", " ", #""""#, "a b", "a,b", "a, a", "a;b=1", #"a"b"#, #""a"#, #"a""#, #""a";v=1"#, #""a" "b""#,
            #""a\b""#, #""a\"#, "\"a\u{7}\"", "caf\u{e9}", "\"caf\u{e9}\"", #"a\b"#, "a\tb",
        ])
    func refused(field: String) {
        #expect(IdempotencyKey(field: field) == nil)
    }

    @Test func lengthIsBounded() {
        let longest = String(repeating: "k", count: IdempotencyKey.maximumLength)
        #expect(IdempotencyKey(field: longest)?.value == longest)
        #expect(IdempotencyKey(field: "\"\(longest)\"")?.value == longest)
        #expect(IdempotencyKey(field: longest + "k") == nil)
        #expect(IdempotencyKey(field: "\"\(longest)k\"") == nil)
    }
}

@Suite struct IdempotencyDecisionTests {
    private let one = Fingerprint(method: "POST", path: "/v1/payments", body: [1])
    private let answer = StoredAnswer(status: 201, body: [2], location: "/x")

    @Test func decisions() {
        let other = Fingerprint(method: "POST", path: "/v1/payments", body: [3])
        #expect(IdempotencyDecision(record: nil, fingerprint: one) == .proceed)
        #expect(
            IdempotencyDecision(record: KeyRecord(fingerprint: one, answer: answer), fingerprint: one)
                == .replay(answer))
        #expect(IdempotencyDecision(record: KeyRecord(fingerprint: one, answer: nil), fingerprint: one) == .inProgress)
        #expect(IdempotencyDecision(record: KeyRecord(fingerprint: one, answer: answer), fingerprint: other) == .reused)
        #expect(IdempotencyDecision(record: KeyRecord(fingerprint: one, answer: nil), fingerprint: other) == .reused)
    }

    @Test("The fingerprint tells method, path and body apart")
    func fingerprints() {
        let all = [
            Fingerprint(method: "POST", path: "/a", body: Array("b".utf8)),
            Fingerprint(method: "PUT", path: "/a", body: Array("b".utf8)),
            Fingerprint(method: "POST", path: "/ab", body: []),
            Fingerprint(method: "POST", path: "/a", body: Array("b ".utf8)),
            Fingerprint(method: "POST", path: "/a", body: []),
        ]
        #expect(Set(all).count == all.count)
        #expect(all.allSatisfy { $0.bytes.count == 32 })
        #expect(Fingerprint(method: "POST", path: "/a", body: Array("b".utf8)) == all[0])
        #expect(Fingerprint(stored: all[0].bytes) == all[0])
    }
}
