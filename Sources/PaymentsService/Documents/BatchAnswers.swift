import HTTP
import HTTPTypes
import JSON

extension Refusal {
    /// The refusal of one payment of several: none of them is what the path names, so nothing is "not found".
    fileprivate var itemProblem: Problem {
        guard self == .accountNotFound else { return problem }
        return Problem(.unprocessableContent, "unknown_source", detail: "The caller has no such account.")
    }
}

extension StoredAnswer {
    /// 200 `{mode, succeeded, refused, data: [{status: "succeeded", payment} | {status: "refused", code, detail}]}`: how
    /// many, and each in the order of the request.
    init(_ batch: Batch, _ items: [BatchItem]) {
        var json = JSONWriter()
        json.beginObject()
        json.member("mode", batch.mode.rawValue)
        let succeeded = items.count { $0.hasSucceeded }
        json.member("succeeded", succeeded)
        json.member("refused", items.count - succeeded)
        json.key("data")
        json.beginArray()
        for item in items { item.write(to: &json) }
        json.endArray()
        json.endObject()
        self.init(status: 200, body: json.bytes, location: nil)
    }

    /// The problem of the payment for which nothing of an atomic batch was done, with a pointer to it.
    init(_ refused: BatchRefused, _ occurrence: Occurrence) {
        var problem = refused.refusal.itemProblem
        problem.errors = [
            Problem.FieldError(pointer: "/items/\(refused.index)", detail: problem.detail ?? problem.title)
        ]
        self.init(
            status: problem.status.code,
            body: problem.body(instance: occurrence.requestID, traceID: occurrence.traceID), location: nil)
    }
}

extension BatchItem {
    var hasSucceeded: Bool {
        if case .succeeded = self { true } else { false }
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        switch self {
        case .succeeded(let payment):
            json.member("status", "succeeded")
            json.member("payment", payment)
        case .refused(let refusal):
            let problem = refusal.itemProblem
            json.member("status", "refused")
            json.member("code", problem.code)
            json.member("detail", problem.detail)
        }
        json.endObject()
    }
}
