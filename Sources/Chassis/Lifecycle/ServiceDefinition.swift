public import HTTP
public import ServiceLifecycle

/// What a service adds to the chassis.
public struct ServiceDefinition: Sendable {
    /// Answers requests on the service port; usually a router's handler.
    public var handler: Handler
    /// Adds routes to the admin port, beside `/livez`, `/readyz`, `/metrics` and `/version`.
    public var adminRoutes: @Sendable (inout Router) -> Void
    /// Background work that starts with the service and is told to stop when requests are done.
    public var services: [any Service]
    /// Whether the running request is known to what its handler calls (``Spans/ActiveSpan``), so that databases and clients
    /// record spans and log lines carry its ids by themselves. It costs a task local for each request; the gateway does
    /// without and passes the record on by hand.
    public var bindsSpans = true
    /// The template of the route that a request takes, for faults that concern one route: a router's `templates`.
    public var template: @Sendable (Request) -> String? = { _ in nil }
    /// Runs last, after the final request and all background work: close the database here.
    public var onShutdown: @Sendable () async -> Void

    /// Describes a service.
    public init(
        handler: @escaping Handler, adminRoutes: @escaping @Sendable (inout Router) -> Void = { _ in },
        services: [any Service] = [], onShutdown: @escaping @Sendable () async -> Void = {}
    ) {
        self.handler = handler
        self.adminRoutes = adminRoutes
        self.services = services
        self.onShutdown = onShutdown
    }
}
