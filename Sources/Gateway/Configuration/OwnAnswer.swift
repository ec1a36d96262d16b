/// What a route may have the gateway answer by itself: the values of `serve`.
enum OwnAnswer: String, Sendable, Equatable, CaseIterable {
    case openAPI = "openapi"
    /// The page for browsers.
    case console
    /// What that page loads.
    case consoleAssets = "console-assets"

    /// Whether `CONSOLE=off` takes it away.
    var isOfConsole: Bool { self != .openAPI }

    /// For people.
    var title: String {
        switch self {
        case .openAPI: "the OpenAPI document"
        case .console: "the console"
        case .consoleAssets: "the console's files"
        }
    }
}
