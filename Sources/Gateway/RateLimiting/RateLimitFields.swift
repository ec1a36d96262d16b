import Chassis
import HTTP

/// The `RateLimit-Policy`, `RateLimit` and `Retry-After` fields.
///
/// Source: draft-ietf-httpapi-ratelimit-headers-11: lists of structured-field strings (RFC 9651) with the parameters
/// `q` (quota) and `w` (window in seconds) of a policy, `r` (requests left) and `t` (seconds until more).
enum RateLimitFields {
    /// `"per-user";q=100;w=60`; a burst that is smaller than the quota is told as a parameter of our own.
    static func policy(name: String, _ window: RateLimitConfiguration.Window) -> String {
        let seconds = seconds(nanoseconds: window.length * 1_000_000)
        let policy = "\"\(name)\";q=\(window.quota);w=\(seconds)"
        return window.burst < window.quota ? policy + ";tollgate-burst=\(window.burst)" : policy
    }

    /// Appends `"per-user";r=99;t=1`. On a refusal `t` is what `Retry-After` says.
    /// - Parameter prefix: `"per-user";r=`
    @inline(__always)
    static func append(_ prefix: [UInt8], _ decision: GCRA.Decision, to lines: inout FieldLines) {
        lines.append(part: prefix)
        lines.append(decimal: decision.remaining)
        lines.append(part: ";t=")
        lines.append(decimal: seconds(nanoseconds: decision.reset))
    }

    /// Whole seconds, rounded up: whoever waits that long is not too early.
    static func seconds(nanoseconds: UInt64) -> UInt64 {
        (nanoseconds + 999_999_999) / 1_000_000_000
    }
}
