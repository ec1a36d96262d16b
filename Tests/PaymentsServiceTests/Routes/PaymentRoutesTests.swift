import HTTPTypes
import JSON
import Testing

@testable import PaymentsService

@Suite struct PaymentRoutesTests {
    private func body(_ source: String, _ destination: String, _ amount: String = "25", _ currency: String = "USD")
        -> String
    {
        #"{"source":"\#(source)","destination":\#(destination),"amount":\#(amount),"currency":"\#(currency)"}"#
    }

    @Test(
        "By account, user and e-mail",
        arguments: [#"{"user":"bob"}"#, #"{"email":"bob@example.com"}"#, #"{"email":"Bob@Example.COM"}"#, "account"])
    func payees(destination: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        let destination = destination == "account" ? #"{"account":"\#(bob)"}"# : destination
        let paid = try await service.post("/v1/payments", key: "k", body(ann, destination))
        #expect(paid.status == 201)
        let json = try paid.json
        let id = try #require(json["id"]?.string)
        #expect(json["status"]?.string == "succeeded")
        #expect(json["source"]?.string == ann)
        #expect(json["destination"]?["account"]?.string == bob)
        #expect(json["amount"]?.integer == 25)
        #expect(json["currency"]?.string == "USD")
        #expect(json["description"] == .null)
        #expect(paid.fields[.location] == "/v1/payments/\(id)")
        for user in ["ann", "bob"] {
            #expect(try await service.send(.get, "/v1/payments/\(id)", as: user).bytes == paid.bytes)
            let list = try await service.send(.get, "/v1/payments", as: user).json
            #expect(list["data"]?.array?.map { $0["id"]?.string } == [id])
        }
        let foreign = try await service.send(.get, "/v1/payments/\(id)", as: "eve")
        #expect(foreign.status == 404)
        #expect(foreign.bytes == (try await service.send(.get, "/v1/payments/pay_none", as: "eve").bytes))
    }

    @Test(
        "Refusals",
        arguments: [
            (#"{"user":"nobody"}"#, "25", "USD", 422, "unknown_payee"),
            (#"{"email":"nobody@example.com"}"#, "25", "USD", 422, "unknown_payee"),
            (#"{"account":"acct_none"}"#, "25", "USD", 422, "unknown_payee"),
            (#"{"user":"bob"}"#, "25", "EUR", 422, "payee_has_no_account"),
            (#"{"user":"bob"}"#, "25", "JPY", 422, "currency_mismatch"),
            (#"{"user":"ann"}"#, "25", "USD", 422, "same_account"),
            (#"{"user":"bob"}"#, "101", "USD", 402, "insufficient_funds"),
        ])
    func refusals(destination: String, amount: String, currency: String, status: Int, code: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        _ = try await service.bank.account(of: "bob")
        _ = try await service.bank.account(of: "bob", "JPY")
        let body = body(ann, destination, amount, currency)
        let first = try await service.post("/v1/payments", key: "k", body)
        #expect(first.status == status)
        #expect(first.code == code)
        #expect(first.fields[.contentType] == "application/problem+json")
        let second = try await service.post("/v1/payments", key: "k", body)
        #expect(second.status == status)
        #expect(second.bytes == first.bytes)
        #expect(!first.isReplay && second.isReplay)
        #expect(try await service.bank.count("payments") == 0)
    }

    @Test(
        "Amounts that are none",
        arguments: [
            "0", "-1", "1.0", "1e2", "\"5\"", "null", "9223372036854775807", "9223372036854775808", "1000000000000",
            "true",
        ])
    func amounts(amount: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        let answer = try await service.post("/v1/payments", key: "k", body(ann, #"{"account":"\#(bob)"}"#, amount))
        #expect(answer.status == 422)
        #expect(answer.code == "validation_failed")
        #expect(try answer.json["errors"]?.array?.first?["pointer"]?.string == "/amount")
        #expect(try await service.bank.count("payments") == 0)
        // Nothing was kept: the key is free for a request that can be read.
        let again = try await service.post("/v1/payments", key: "k", body(ann, #"{"account":"\#(bob)"}"#))
        #expect(again.status == 201)
    }

    @Test(
        "Destinations that are none",
        arguments: [
            "{}", #"{"user":"bob","account":"acct_1"}"#, #"{"phone":"1"}"#, #""bob""#, "null", #"{"user":""}"#,
            #"{"user":5}"#, #"{"user":"bob","email":"bob@example.com"}"#, #"{"user":"bob","extra":1}"#,
        ])
    func destinations(destination: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let answer = try await service.post("/v1/payments", key: "k", body(ann, destination))
        #expect(answer.status == 422)
        #expect(answer.code == "validation_failed")
    }

    @Test func unknownAndDoubleMembersAreErrors() async throws {
        let service = try await ServiceFixture()
        let whole = body("acct_1", #"{"user":"bob"}"#)
        let unknown = whole.dropLast() + #","fee":1}"#
        let double = whole.dropLast() + #","amount":1}"#
        #expect(try await service.post("/v1/payments", key: "k", String(unknown)).status == 422)
        #expect([400, 422].contains(try await service.post("/v1/payments", key: "k", String(double)).status))
    }

    @Test("A retry may be compressed where the first try was not: the same bytes within are the same request")
    func compressedRetries() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        let plain = body(ann, #"{"account":"\#(bob)"}"#)
        let first = try await service.post("/v1/payments", key: "k", plain)
        let retry = try await service.send(.post, "/v1/payments", key: "k", compressed: plain)
        #expect((first.status, retry.status) == (201, 201))
        #expect(retry.bytes == first.bytes)
        #expect(!first.isReplay && retry.isReplay)

        // Spaces make it another request: bytes are compared, not what they mean.
        let spaced = try await service.send(.post, "/v1/payments", key: "k", compressed: plain + " ")
        #expect(spaced.code == "idempotency_key_reused")

        let other = try await service.send(.post, "/v1/payments", key: "l", compressed: plain)
        #expect(other.status == 201 && !other.isReplay)
        #expect(try await service.post("/v1/payments", key: "l", plain).isReplay)
        #expect(try await service.bank.count("payments") == 2)
    }

    @Test("A source that is not the caller's does not exist", arguments: ["theirs", "none", "system"])
    func sources(whose: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann")
        let bob = try await service.bank.account(of: "bob", holding: 100)
        let source = ["theirs": bob, "none": "acct_none", "system": "sys_processor_USD"][whose]!
        let answer = try await service.post("/v1/payments", key: "k", body(source, #"{"account":"\#(ann)"}"#))
        #expect(answer.status == 404)
        #expect(answer.code == "not_found")
        #expect(try await service.bank.count("idempotency_keys") == 1, "the one that funded the account")
    }

    @Test("Only well-formed keys", arguments: [nil, "", "a b", "a, b", String(repeating: "k", count: 129)])
    func keys(key: String?) async throws {
        let service = try await ServiceFixture()
        for target in ["/v1/payments", "/v1/deposits"] {
            let answer = try await service.send(.post, target, key: key, body: "{}")
            #expect(answer.status == 400)
            #expect(answer.code == (key == nil ? "idempotency_key_missing" : "idempotency_key_invalid"))
        }
    }

    @Test("Quoted and bare are one key; another payload under it is refused, readable or not")
    func reuse() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        let order = body(ann, #"{"account":"\#(bob)"}"#)
        let first = try await service.post("/v1/payments", key: "k", order)
        let quoted = try await service.post("/v1/payments", key: "\"k\"", order)
        #expect(quoted.bytes == first.bytes && quoted.isReplay)
        let others = [
            body(ann, #"{"account":"\#(bob)"}"#, "26"), body(ann, #"{"user":"bob"}"#), "{", "{}", order + " ",
        ]
        for other in others {
            let answer = try await service.post("/v1/payments", key: "k", other)
            #expect(answer.status == 422)
            #expect(answer.code == "idempotency_key_reused")
        }
        #expect(try await service.post("/v1/deposits", key: "k", order).code == "idempotency_key_reused")
        #expect(try await service.bank.count("payments") == 1)
    }

    @Test("A replay needs nobody's help; a new payment by name does, and leaves its key free")
    func directoryDown() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let bob = try await service.bank.account(of: "bob")
        let byUser = body(ann, #"{"user":"bob"}"#)
        let first = try await service.post("/v1/payments", key: "k1", byUser)
        service.payees.setDown(true)
        #expect(try await service.post("/v1/payments", key: "k1", byUser).bytes == first.bytes)
        #expect(try await service.post("/v1/payments", key: "k2", byUser).status == 503)
        #expect(try await service.post("/v1/payments", key: "k3", body(ann, #"{"account":"\#(bob)"}"#)).status == 201)
        service.payees.setDown(false)
        #expect(try await service.post("/v1/payments", key: "k2", byUser).status == 201)
    }

    @Test func metadataIsKept() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        _ = try await service.bank.account(of: "bob")
        let pairs = (1...50).map {
            "\"\(String(repeating: "k", count: 38))\($0 + 9)\":\"\(String(repeating: "ü", count: 500))\""
        }
        let metadata = "{" + pairs.joined(separator: ",") + "}"
        let whole = body(ann, #"{"user":"bob"}"#).dropLast() + #","metadata":\#(metadata)}"#
        let paid = try await service.post("/v1/payments", key: "k", String(whole))
        #expect(paid.status == 201)
        #expect(try paid.json["metadata"] == JSONValue(parsing: Array(metadata.utf8)))
        let id = try #require(try paid.json["id"]?.string)
        #expect(try await service.send(.get, "/v1/payments/\(id)").bytes == paid.bytes)
        let plain = try await service.post("/v1/payments", key: "l", body(ann, #"{"user":"bob"}"#))
        #expect(try plain.json["metadata"]?.object?.isEmpty == true)
    }

    @Test(
        "Metadata that is none",
        arguments: [
            #""a""#, "[]", #"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#, #"{"":"a"}"#,
            "{\"\(String(repeating: "k", count: 41))\":\"\"}", "{\"k\":\"\(String(repeating: "v", count: 501))\"}",
            "{" + (0...50).map { "\"k\($0)\":\"\"" }.joined(separator: ",") + "}",
        ])
    func invalidMetadata(metadata: String) async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        let whole = body(ann, #"{"user":"ann"}"#).dropLast() + #","metadata":\#(metadata)}"#
        let answer = try await service.post("/v1/payments", key: "k", String(whole))
        #expect((answer.status, answer.code) == (422, "validation_failed"))
        #expect(try answer.json["errors"]?[0]?["pointer"]?.string?.hasPrefix("/metadata") == true)
    }

    @Test func descriptionsAreKept() async throws {
        let service = try await ServiceFixture()
        let ann = try await service.bank.account(of: "ann", holding: 100)
        _ = try await service.bank.account(of: "bob")
        let whole = body(ann, #"{"user":"bob"}"#).dropLast() + #","description":"Tea \"for\" two \u2615"}"#
        let paid = try await service.post("/v1/payments", key: "k", String(whole))
        #expect(try paid.json["description"]?.string == "Tea \"for\" two \u{2615}")
    }
}
