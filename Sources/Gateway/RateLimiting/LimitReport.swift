import Chassis
import HTTP
import HTTPTypes

/// What the limits of one request have said so far.
///
/// It only remembers; the fields are written when the answer is there, straight into its lines.
struct LimitReport: Sendable {
    private struct Entry {
        let plan: RatePlan
        let outcome: RateOutcome
    }

    // Most routes ask two limits: those two need no array.
    private var first: Entry?
    private var second: Entry?
    private var further: [Entry] = []
    /// Seconds after which to come again, when a limit refused.
    private(set) var retryAfter: UInt64?

    mutating func add(_ plan: RatePlan, _ outcome: RateOutcome) {
        let entry = Entry(plan: plan, outcome: outcome)
        if first == nil {
            first = entry
        } else if second == nil {
            second = entry
        } else {
            further.append(entry)
        }
        if !outcome.isAllowed { note(outcome) }
    }

    private mutating func note(_ outcome: RateOutcome) {
        for decision in [outcome.first] + outcome.further where !decision.isAllowed {
            retryAfter = max(retryAfter ?? 0, RateLimitFields.seconds(nanoseconds: decision.reset), 1)
        }
    }

    /// Adds the fields to an answer, when a limit was asked. Nobody else has set them.
    func write(to lines: inout FieldLines) {
        guard let first else { return }
        lines.reserve(192)
        lines.append(part: "RateLimit-Policy: ")
        lines.append(part: first.plan.policyBytes)
        forEachAfterFirst { entry in
            lines.append(part: ", ")
            lines.append(part: entry.plan.policyBytes)
        }
        lines.append(part: "\r\nRateLimit: ")
        Self.append(first, to: &lines)
        forEachAfterFirst { entry in
            lines.append(part: ", ")
            Self.append(entry, to: &lines)
        }
        lines.append(part: "\r\n")
    }

    /// Adds the fields to a refusal.
    func write(to fields: inout HTTPFields) {
        guard let first else { return }
        var policies = [first.plan.policy]
        var states = FieldLines()
        Self.append(first, to: &states)
        forEachAfterFirst { entry in
            policies.append(entry.plan.policy)
            states.append(part: ", ")
            Self.append(entry, to: &states)
        }
        fields.append(HTTPField(name: .rateLimitPolicy, value: policies.joined(separator: ", ")))
        fields.append(HTTPField(name: .rateLimit, value: states.text))
    }

    @inline(__always)
    private func forEachAfterFirst(_ body: (Entry) -> Void) {
        if let second { body(second) }
        for entry in further { body(entry) }
    }

    private static func append(_ entry: Entry, to lines: inout FieldLines) {
        let windows = entry.plan.windows
        RateLimitFields.append(windows[0].statePrefix, entry.outcome.first, to: &lines)
        for (window, decision) in zip(windows.dropFirst(), entry.outcome.further) {
            lines.append(part: ", ")
            RateLimitFields.append(window.statePrefix, decision, to: &lines)
        }
    }
}
