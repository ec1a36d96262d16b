import TestSupport
import Testing

@testable import PaymentsService

/// A request whose answer is kept under its key, and how it is asked again.
struct KeptRequest {
    let request: KeyedRequest
    let act: String
    /// The answer; nil where it is that of an operation.
    let answer: StoredAnswer?
    var operation: String?
    let again: @Sendable (PaymentsStore, KeyedRequest) async throws -> KeyedOutcome
}

extension RandomHistory {
    mutating func keep(
        _ outcome: KeyedOutcome, of request: KeyedRequest, as act: String,
        again: @escaping @Sendable (PaymentsStore, KeyedRequest) async throws -> KeyedOutcome
    ) {
        guard case .answered(let answer) = outcome else { return }
        kept.append(KeptRequest(request: request, act: act, answer: answer, again: again))
    }

    mutating func keep(
        operation: String, of request: KeyedRequest, as act: String,
        again: @escaping @Sendable (PaymentsStore, KeyedRequest) async throws -> KeyedOutcome
    ) {
        kept.append(KeptRequest(request: request, act: act, answer: nil, operation: operation, again: again))
    }

    /// The same request again, long after: the same answer, and nothing else. Another request under the key: none.
    mutating func retry() async throws {
        guard let kept = kept.randomElement(using: &generator) else { return }
        guard generator.chance(0.9) else {
            let other = bank.request(by: kept.request.subject, kept.request.key.value, body: "other")
            #expect(try await kept.again(bank.store, other) == .reused, "step \(step)")
            return note("key used again")
        }
        let outcome = try await kept.again(bank.store, kept.request)
        if let answer = kept.answer {
            #expect(outcome == .replayed(answer), "step \(step): \(kept.act)")
        } else {
            let status = kept.operation.flatMap { model.operations[$0]?.answer }
            #expect(outcome.status == status, "step \(step): \(kept.act): \(outcome)")
            #expect((outcome == .inProgress) == (status == nil), "step \(step): \(kept.act): \(outcome)")
        }
        note("retry of \(kept.act)")
    }
}
