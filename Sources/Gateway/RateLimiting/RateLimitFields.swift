/// The `RateLimit-Policy`, `RateLimit` and `Retry-After` fields.
///
/// Source: draft-ietf-httpapi-ratelimit-headers-11: lists of structured-field strings (RFC 9651) with the parameters
/// `q` (quota) and `w` (window in seconds) of a policy, `r` (requests left) and `t` (seconds until more).
enum RateLimitFields {
    /// `"per-user";q=100;w=60`
    static func policy(name: String, quota: Int, windowMilliseconds: UInt64) -> String {
        "\"\(name)\";q=\(quota);w=\(seconds(nanoseconds: windowMilliseconds * 1_000_000))"
    }

    /// `"per-user";r=99;t=1`. On a refusal `t` is what `Retry-After` says.
    static func state(name: String, _ decision: GCRA.Decision) -> String {
        "\"\(name)\";r=\(decision.remaining);t=\(seconds(nanoseconds: decision.reset))"
    }

    /// Whole seconds, rounded up: whoever waits that long is not too early.
    static func seconds(nanoseconds: UInt64) -> UInt64 {
        (nanoseconds + 999_999_999) / 1_000_000_000
    }
}
