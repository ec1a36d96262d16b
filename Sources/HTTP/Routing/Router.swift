public import HTTPTypes

/// A route as it was registered.
public struct RouteDescription: Sendable, Hashable {
    /// The method.
    public let method: HTTPRequest.Method
    /// The template, `/v1/accounts/{id}`.
    public let template: String
}

/// Finds the handler of a request by method and path.
///
/// Templates are literal segments and parameters, `/v1/accounts/{id}`; a literal goes before a parameter. A path that
/// matches no template is 404, a method that its template does not have 405 with `Allow`. HEAD is served by GET, and
/// OPTIONS answers 204 with `Allow` unless a route says otherwise. Middleware concerns the routes registered after it,
/// and the answers 404 and 405; the chain is put together once, when the route is registered.
public struct Router: Sendable {
    /// One mebibyte: the body limit of a route that sets none.
    public static let defaultBodyLimit = 1 << 20

    private var table = RouteTable()
    private var middleware: [any Middleware] = []

    /// The routes in the order of registration.
    public private(set) var routes: [RouteDescription] = []

    /// A router without routes.
    public init() {}

    /// Adds a middleware around all routes registered from now on. The first one added is the outermost.
    public mutating func use(_ middleware: any Middleware) {
        self.middleware.append(middleware)
    }

    /// Registers a route. Registering the same method and template twice is a mistake of the program.
    /// - Parameters:
    ///   - template: starts with a slash; `{name}` takes one segment that is not empty.
    ///   - bodyLimit: the most bytes of body that are accepted; more is 413.
    public mutating func on(
        _ method: HTTPRequest.Method, _ template: String, bodyLimit: Int = Router.defaultBodyLimit,
        _ handler: @escaping Handler
    ) {
        routes.append(RouteDescription(method: method, template: template))
        table.insert(
            Route(
                method: method, template: template, bodyLimit: bodyLimit,
                handler: Self.chain(middleware[...], handler)))
    }

    /// Registers a GET route, which serves HEAD too.
    public mutating func get(_ template: String, _ handler: @escaping Handler) { on(.get, template, handler) }

    /// Registers a POST route.
    public mutating func post(
        _ template: String, bodyLimit: Int = Router.defaultBodyLimit, _ handler: @escaping Handler
    ) {
        on(.post, template, bodyLimit: bodyLimit, handler)
    }

    /// Registers a PUT route.
    public mutating func put(
        _ template: String, bodyLimit: Int = Router.defaultBodyLimit, _ handler: @escaping Handler
    ) {
        on(.put, template, bodyLimit: bodyLimit, handler)
    }

    /// Registers a PATCH route.
    public mutating func patch(
        _ template: String, bodyLimit: Int = Router.defaultBodyLimit, _ handler: @escaping Handler
    ) {
        on(.patch, template, bodyLimit: bodyLimit, handler)
    }

    /// Registers a DELETE route.
    public mutating func delete(
        _ template: String, bodyLimit: Int = Router.defaultBodyLimit, _ handler: @escaping Handler
    ) {
        on(.delete, template, bodyLimit: bodyLimit, handler)
    }

    /// The handler of all routes. Take it after the last route was registered.
    public var handler: Handler {
        let table = table
        let unmatched = Self.chain(middleware[...]) { request in try table.refuse(request) }
        return { request in
            var request = request
            guard let route = table.find(&request) else {
                try request.body.restrict(to: Self.defaultBodyLimit)
                return try await unmatched(request)
            }
            request.context.route = route.template
            request.route = route.template
            try request.body.restrict(to: route.bodyLimit)
            return try await route.handler(request)
        }
    }

    /// Finds the template of the route that a request would take. Take it after the last route was registered.
    public var templates: @Sendable (Request) -> String? {
        let table = table
        return { request in
            var request = request
            return table.find(&request)?.template
        }
    }

    private static func chain(_ middleware: ArraySlice<any Middleware>, _ handler: @escaping Handler) -> Handler {
        guard let outermost = middleware.first else { return handler }
        let rest = chain(middleware.dropFirst(), handler)
        return { request in try await outermost.handle(request, next: rest) }
    }
}
