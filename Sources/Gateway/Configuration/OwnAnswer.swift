/// What a route may have the gateway answer by itself: the values of `serve`.
enum OwnAnswer: String, Sendable, Equatable, CaseIterable {
    case openAPI = "openapi"
    /// The page for browsers.
    case console
    /// What that page loads.
    case consoleAssets = "console-assets"
    /// What the gateway is doing, once a second.
    case live

    /// Whether `CONSOLE=off` takes it away.
    var isOfConsole: Bool { self == .console || self == .consoleAssets }

    /// For people.
    var title: String {
        switch self {
        case .openAPI: "the OpenAPI document"
        case .console: "the console"
        case .consoleAssets: "the console's files"
        case .live: "what the gateway is doing"
        }
    }
}
