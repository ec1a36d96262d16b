import JSON

extension ActiveFault {
    /// Writes it as a JSON object: what was asked for, how long it lasts, and how often it has struck.
    func write(to json: inout JSONWriter, now: UInt64) {
        json.beginObject()
        json.member("id", id)
        json.member("kind", kind.rawValue)
        specification.effect.write(to: &json)
        if let route = specification.route { json.member("route", route) }
        json.member("percentage", specification.percentage)
        json.member("for", specification.seconds)
        json.member("seconds_left", Int((end > now ? end - now : 0) + 999) / 1_000)
        json.member("strikes", Int64(clamping: strikes))
        json.endObject()
    }
}

extension FaultEffect {
    fileprivate func write(to json: inout JSONWriter) {
        switch self {
        case .latency(let delay): Self.write(delay, to: &json)
        case .error(let status): json.member("status", status)
        case .drop(let cut): json.member("at", cut.rawValue)
        case .slowDownstream(let upstream, let delay, let bytesPerSecond):
            json.member("upstream", upstream)
            Self.write(delay, to: &json)
            if let bytesPerSecond { json.member("bytes_per_second", bytesPerSecond) }
        case .memoryGrowth(let rate, let ceiling):
            json.member("mebibytes_per_second", rate)
            json.member("ceiling_mebibytes", ceiling)
        case .clockSkew(let seconds): json.member("seconds", seconds)
        case .blockedDatabase, .fullQueue, .crash: break
        }
    }

    private static func write(_ delay: FaultDelay, to json: inout JSONWriter) {
        json.member("milliseconds", delay.milliseconds)
        json.member("jitter", delay.jitter)
    }
}
