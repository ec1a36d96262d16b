import HTTP
import JSON

/// Reads what somebody wants of the fault lab: `{"kind": "latency", "milliseconds": 300}`.
///
/// Each kind has its own members; those of another kind are refused like any that nobody knows.
struct FaultReader {
    let offer: FaultOffer

    /// Numbers beyond which a fault is no experiment any more.
    enum Limit {
        /// Milliseconds.
        static let delay: ClosedRange<Int64> = 0...30_000
        static let status: ClosedRange<Int64> = 500...599
        static let bytesPerSecond: ClosedRange<Int64> = 100...1_000_000_000
        /// MiB.
        static let memoryRate: ClosedRange<Int64> = 1...256
        /// MiB.
        static let memoryCeiling: ClosedRange<Int64> = 1...2_048
        /// Seconds: an hour, so that no key and no idempotency key is removed for good because its time seems to have come.
        static let skew: ClosedRange<Int64> = -3_600...3_600
    }

    /// - Throws: `JSONSyntaxError`, `JSONValidationError`.
    func specification(_ bytes: [UInt8]) throws -> FaultSpecification {
        var body = try JSONObjectReader(bytes)
        let kind = self.kind(&body)
        let effect = kind.map { self.effect($0, &body) }
        var specification = FaultSpecification(effect: effect ?? .crash)
        if let seconds = body.optionalInteger("for", in: 1...Int64(FaultSpecification.longestSeconds)) {
            specification.seconds = Int(seconds)
        }
        if let kind, hasDice(kind) {
            if let percentage = body.optionalInteger("percentage", in: 1...100) {
                specification.percentage = Int(percentage)
            }
            if hasRoute(kind) { specification.route = route(&body) }
        }
        // Without a kind nobody knows which members there may be.
        if kind == nil, !body.errors.isEmpty { throw JSONValidationError(errors: body.errors) }
        try body.finish()
        return specification
    }

    private func kind(_ body: inout JSONObjectReader) -> FaultKind? {
        let text = body.string("kind")
        guard body.errors.isEmpty else { return nil }
        let fitting = FaultKind.allCases.filter(offer.kinds.contains).map(\.rawValue).joined(separator: ", ")
        guard let kind = FaultKind(rawValue: text) else {
            body.fail("kind", "must be one of \(fitting)")
            return nil
        }
        guard offer.kinds.contains(kind) else {
            body.fail("kind", "does not fit this service, which has \(fitting)")
            return nil
        }
        return kind
    }

    /// Whether it strikes by chance: what concerns the whole process does not.
    private func hasDice(_ kind: FaultKind) -> Bool {
        switch kind {
        case .latency, .error, .drop, .slowDownstream, .fullQueue, .crash: true
        case .blockedDatabase, .memoryGrowth, .clockSkew: false
        }
    }

    private func hasRoute(_ kind: FaultKind) -> Bool { kind != .fullQueue || offer.refusesRequests }

    private func route(_ body: inout JSONObjectReader) -> String? {
        guard let route = body.optionalString("route", length: 1...256) else { return nil }
        if route == "*" { return nil }
        if !route.hasPrefix("/") { body.fail("route", "must be a template such as /v1/accounts/{id}, or end in *") }
        return route
    }

    private func effect(_ kind: FaultKind, _ body: inout JSONObjectReader) -> FaultEffect {
        switch kind {
        case .latency: .latency(delay(&body))
        case .error: .error(status: Int(body.optionalInteger("status", in: Limit.status) ?? 503))
        case .drop: .drop(cut(&body))
        case .slowDownstream: slowDownstream(&body)
        case .blockedDatabase: .blockedDatabase
        case .fullQueue: .fullQueue
        case .memoryGrowth:
            .memoryGrowth(
                rate: Int(body.optionalInteger("mebibytes_per_second", in: Limit.memoryRate) ?? 16),
                ceiling: Int(body.optionalInteger("ceiling_mebibytes", in: Limit.memoryCeiling) ?? 256))
        case .crash: .crash
        case .clockSkew: .clockSkew(seconds: skew(&body))
        }
    }

    private func delay(_ body: inout JSONObjectReader) -> FaultDelay {
        let milliseconds = body.integer("milliseconds", in: Limit.delay)
        let jitter = body.optionalInteger("jitter", in: Limit.delay) ?? 0
        return FaultDelay(milliseconds: Int(milliseconds), jitter: Int(jitter))
    }

    private func cut(_ body: inout JSONObjectReader) -> FaultCut {
        let text = body.optionalString("at") ?? FaultCut.before.rawValue
        let cut = FaultCut(rawValue: text)
        if cut == nil {
            body.fail("at", "must be one of \(FaultCut.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return cut ?? .before
    }

    private func slowDownstream(_ body: inout JSONObjectReader) -> FaultEffect {
        let upstream = body.string("upstream")
        let known = offer.upstreams()
        if !upstream.isEmpty, !known.contains(upstream) {
            body.fail("upstream", "must be one of \(known.joined(separator: ", "))")
        }
        return .slowDownstream(
            upstream: upstream, delay(&body),
            bytesPerSecond: body.optionalInteger("bytes_per_second", in: Limit.bytesPerSecond).map { Int($0) })
    }

    private func skew(_ body: inout JSONObjectReader) -> Int {
        let seconds = body.integer("seconds", in: Limit.skew)
        if seconds == 0, body.errors.isEmpty { body.fail("seconds", "must not be 0") }
        return Int(seconds)
    }
}
