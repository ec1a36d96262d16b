/// What a route may have the gateway answer by itself: the values of `serve`.
enum OwnAnswer: String, Sendable, Equatable, CaseIterable {
    case openAPI = "openapi"
    /// The page for browsers.
    case console
    /// What that page loads.
    case consoleAssets = "console-assets"
    /// What the gateway is doing, once a second.
    case live
    /// What it remembers of a trace.
    case trace
    /// What the fault lab does, in all services.
    case faults

    /// Whether `CONSOLE=off` takes it away.
    var isOfConsole: Bool { self == .console || self == .consoleAssets }

    /// The reason of the access line where there is no answer.
    var reasonOfFailure: String {
        switch self {
        case .live: "too_many_streams"
        case .trace: "no_trace"
        case .faults: "fault_lab_off"
        case .openAPI, .console, .consoleAssets: "no_file"
        }
    }

    /// For people.
    var title: String {
        switch self {
        case .openAPI: "the OpenAPI document"
        case .console: "the console"
        case .consoleAssets: "the console's files"
        case .live: "what the gateway is doing"
        case .trace: "what the gateway remembers of a trace"
        case .faults: "the fault lab"
        }
    }
}
