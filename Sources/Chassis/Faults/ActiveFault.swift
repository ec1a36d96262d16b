/// A fault that is to be: what, of which requests, and for how long.
public struct FaultSpecification: Sendable, Equatable {
    /// What it does.
    public var effect: FaultEffect
    /// The template of the only route that it concerns, or the beginning of templates before a `*`; `nil` for all requests.
    public var route: String?
    /// Which share of those requests, 1 to 100.
    public var percentage = 100
    /// Seconds until it ends by itself.
    public var seconds = FaultSpecification.defaultSeconds

    /// A fault lasts for a minute unless told otherwise.
    static let defaultSeconds = 60
    /// Nobody forgets one for longer than ten minutes.
    static let longestSeconds = 600

    func concerns(_ template: String?) -> Bool {
        guard let route else { return true }
        guard let template else { return false }
        return route.hasSuffix("*") ? template.hasPrefix(route.dropLast()) : template == route
    }
}

/// A fault that is active.
struct ActiveFault: Sendable, Equatable {
    /// `flt_…`.
    let id: String
    /// What it does.
    let specification: FaultSpecification
    /// When it ends, in milliseconds of a clock that never goes back.
    let end: UInt64
    /// How often it has struck.
    var strikes: UInt64 = 0

    var kind: FaultKind { specification.effect.kind }
}
