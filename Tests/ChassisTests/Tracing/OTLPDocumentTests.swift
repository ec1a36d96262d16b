import JSON
import Spans
import Testing

@testable import Chassis

@Suite("OTLP JSON")
struct OTLPDocumentTests {
    private func spans(_ records: TraceRecord...) throws -> [JSONValue] {
        let document = OTLPDocument(resource: [("service.name", "gate\"way"), ("k", "v")], version: "1.2")
        let json = try JSONValue(parsing: body(document, records, epoch: 1_000_000))
        let resource = try #require(json["resourceSpans"]?.array?.first)
        #expect(resource["resource"]?["attributes"]?.array?[0]["value"]?["stringValue"]?.string == "gate\"way")
        let scope = try #require(resource["scopeSpans"]?.array?.first)
        #expect(scope["scope"]?["name"]?.string == "tollgate")
        #expect(scope["scope"]?["version"]?.string == "1.2")
        return try #require(scope["spans"]?.array)
    }

    private func body(_ document: OTLPDocument, _ records: [TraceRecord], epoch: UInt64 = SpanClock.epoch) -> [UInt8] {
        // What a former body has left there is not of this one.
        var bytes = Array("a former body, longer or shorter".utf8)
        document.write(records, epoch: epoch, into: &bytes)
        return bytes
    }

    private func record(isSampled: Bool = true, state: String? = nil) -> TraceRecord {
        TraceRecord(
            .request, traceID: (0x0af7_6519_16cd_43dd, 0x8448_eb21_1c80_319c), rootID: 0xb7ad_6b71_6920_3331,
            parentID: 0x00f0_67aa_0ba9_02b7, isSampled: isSampled, state: state, start: 1_000)
    }

    @Test("Ids are hexadecimal, 64-bit integers texts, enumerations numbers")
    func encoding() throws {
        let record = record(state: "vendor=1")
        record.set(.method, text: "GET")
        record.set(.route, text: "/v1/users/{id}")
        record.set(.status, 200)
        record.set(SpanKey("ratio"), .double(0.5))
        record.set(SpanKey("flag"), .flag(true))
        record.finish(at: 3_000)
        let span = try #require(try spans(record).first)
        #expect(span["traceId"]?.string == "0af7651916cd43dd8448eb211c80319c")
        #expect(span["spanId"]?.string == "b7ad6b7169203331")
        #expect(span["parentSpanId"]?.string == "00f067aa0ba902b7")
        #expect(span["traceState"]?.string == "vendor=1")
        #expect(span["flags"]?.integer == 0x301)
        #expect(span["name"]?.string == "GET /v1/users/{id}")
        #expect(span["kind"]?.integer == 2)
        #expect(span["startTimeUnixNano"]?.string == "1001000")
        #expect(span["endTimeUnixNano"]?.string == "1003000")
        #expect(span["status"] == nil)
        let attributes = try #require(span["attributes"]?.array)
        let value = { (key: String) in attributes.first { $0["key"]?.string == key }?["value"] }
        #expect(value("http.response.status_code")?["intValue"]?.string == "200")
        #expect(value("ratio")?["doubleValue"] == .number(0.5))
        #expect(value("flag")?["boolValue"] == .bool(true))
        #expect(value("url.scheme")?["stringValue"]?.string == "http")
    }

    @Test("Our own names need no escape and hide no value", arguments: SpanKey.ours)
    func names(_ key: SpanKey) throws {
        let name = try #require(key.constantName).description
        #expect(name == key.name)
        #expect(!Redaction.hides(name))
        #expect(name.allSatisfy { $0.isASCII && ($0.isLetter || "._".contains($0)) })
    }

    @Test("Children, failures, links and what had no room")
    func tree() throws {
        let record = record(isSampled: false)
        let call = record.begin(.call)
        record.set(.method, text: "POST", of: call)
        record.end(call, failedBy: "connection_refused")
        record.link(SpanLink(traceHigh: 1, traceLow: 2, spanID: 3, of: call))
        while record.begin(.statement) >= 0 {}
        record.finish()
        let spans = try spans(record)
        #expect(spans.count == TraceRecord.spanLimit)
        #expect(spans[1]["parentSpanId"]?.string == "b7ad6b7169203331")
        #expect(spans[1]["name"]?.string == "POST")
        #expect(spans[1]["kind"]?.integer == 3)
        #expect(spans[1]["status"]?["code"]?.integer == 2)
        #expect(spans[1]["flags"]?.integer == 0x100)
        #expect(spans[1]["links"]?.array?.first?["traceId"]?.string == "00000000000000010000000000000002")
        #expect(spans[1]["links"]?.array?.first?["spanId"]?.string == "0000000000000003")
        let dropped = spans[0]["attributes"]?.array?.first { $0["key"]?.string == "tollgate.dropped_spans" }
        #expect(dropped?["value"]?["intValue"]?.string == "1")
    }

    @Test(
        "What must not be shown is not, whoever says it",
        arguments: ["mail ada@example.org", "Bearer abcdefghijk", "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl"])
    func redaction(_ secret: String) throws {
        let record = record()
        record.set(.path, text: "/v1/x \(secret)")
        record.set(.reason, text: "failed for \(secret)")
        record.set(SpanKey("library.password"), text: "hunter2")
        record.rename(0, "call of \(secret)")
        record.finish()
        let text = String(
            decoding: body(OTLPDocument(resource: [], version: "1"), [record]), as: UTF8.self)
        for word in ["ada@example.org", "abcdefghijk", "eyJzdWIi", "hunter2"] { #expect(!text.contains(word)) }
        #expect(text.contains("[redacted]"))
    }
}

extension SpanKey {
    fileprivate static let ours: [SpanKey] = [
        .route, .method, .status, .resendCount, .path, .scheme, .clientAddress, .userAgent, .serverAddress, .serverPort,
        .errorType, .databaseSystem, .databaseOperation, .databaseQuery, .databaseBatch, .databaseWait, .requestID,
        .caller, .upstream, .reason, .part, .credential, .cached, .processorOperation, .messagingSystem, .eventType,
        .messageID, .droppedSpans,
    ]
}
