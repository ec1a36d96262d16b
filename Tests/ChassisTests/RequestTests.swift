import Chassis
import HTTP
import HTTPTypes
import JSON
import TestSupport
import Testing

@Suite struct CursorTests {
    @Test func comesBackTheSame() throws {
        let cursor = Cursor(kind: "payments", key: "pay_01jd8x2v9k0000000000000000")
        #expect(try Cursor(cursor.text, kind: "payments") == cursor)
    }

    @Test func isRefusedByAnotherList() {
        let text = Cursor(kind: "payments", key: "pay_1").text
        #expect(throws: Problem.self) { try Cursor(text, kind: "entries") }
        #expect(throws: Problem.self) { try Cursor(text, kind: "payment") }
    }

    @Test(arguments: ["", "A", "AQ", "AQA", "AQFw", "!!", "AAFwYQ", String(repeating: "A", count: 500)])
    func refuses(text: String) {
        #expect(throws: Problem.self) { try Cursor(text, kind: "p") }
    }

    @Test func neverTrapsOnRandomBytes() {
        var random = SeededGenerator.announced()
        for _ in 0..<5_000 {
            let bytes =
                [1, UInt8.random(in: 0...3, using: &random)] + random.bytes(Int.random(in: 0...8, using: &random))
            _ = try? Cursor(Base64URL.encode(bytes), kind: "p")
        }
    }
}

@Suite struct ListQueryTests {
    @Test(arguments: [
        ("/v1/payments", 20), ("/v1/payments?limit=1", 1), ("/v1/payments?limit=100", 100),
    ])
    func readsTheLimit(target: String, limit: Int) throws {
        let query = try ListQuery(Request(target: target), kind: "payments")
        #expect(query.limit == limit && query.after == nil && query.rows == limit + 1)
    }

    @Test(arguments: ["limit=0", "limit=101", "limit=ten", "limit=", "limit=-1", "cursor=zzz", "cursor="])
    func refuses(query: String) throws {
        let request = try Request(target: "/v1/payments?\(query)")
        #expect(throws: Problem.self) { try ListQuery(request, kind: "payments") }
    }

    @Test(arguments: [0, 1, 2, 3, 7, 20, 21, 99])
    func walksAListToItsEnd(count: Int) async throws {
        let all = (0..<count).map { "row\($0 + 1_000)" }
        var seen: [String] = []
        var target = "/v1/rows?limit=3"
        while true {
            let query = try ListQuery(Request(target: target), kind: "rows")
            let start = query.after.flatMap { all.firstIndex(of: $0).map { $0 + 1 } } ?? 0
            let page = query.page(Array(all.dropFirst(start).prefix(query.rows)), key: { $0 }) { $1.string($0) }
            guard case .bytes(let bytes) = page.body else { break }
            let json = try JSONValue(parsing: bytes)
            seen += json["data"]?.array?.compactMap(\.string) ?? []
            guard let next = json["next_cursor"]?.string else { break }
            target = "/v1/rows?limit=3&cursor=\(next)"
        }
        #expect(seen == all)
    }
}
