public import HTTPTypes

/// A request as a handler sees it.
public struct Request: Sendable {
    /// The head as received; everything below is read from it on demand.
    public let head: RequestHead
    /// The body, read as it arrives.
    public var body: RequestBody
    /// What the matched route's template took from the path.
    public var parameters: PathParameters
    /// The template of the matched route, `/v1/accounts/{id}`; nil before routing and when nothing matched.
    public var route: String?
    /// What belongs to this exchange and is not in the message: id, trace, peer, deadline, notes for the access line.
    public let context: RequestContext

    /// A request of its parts. The server makes them; tests make them by ``init(method:target:fields:body:context:)``.
    public init(head: RequestHead, body: RequestBody = .init(), context: RequestContext) {
        self.head = head
        self.body = body
        self.parameters = .init()
        self.context = context
    }

    /// The method.
    public var method: HTTPRequest.Method { head.method }
    /// The request target as received.
    public var target: String { head.string(head.target) }
    /// The path with percent-encoding decoded and dot segments removed: what routing uses. An encoded slash stays
    /// `%2F`, so the number of segments is that of the path as sent.
    public var path: String { head.normalizedPath }
    /// The path in its normal but still encoded form (RFC 3986 section 6.2.2), with the query as received: what a
    /// gateway forwards, so that the next hop reads the same path that was routed and authorised here.
    public var normalizedTarget: String { head.normalizedTarget }
    /// The query parameters.
    public var query: Query { Query(head) }
    /// The fields, materialised; use ``field(_:)`` for one of them.
    public var fields: HTTPFields { head.fields }
    /// The value of a field, several lines joined by ", "; nil when there is none.
    public func field(_ name: HTTPField.Name) -> String? { head.string(of: name) }
}

/// What a route's template took from the path, decoded.
public struct PathParameters: Sendable {
    var names: [String] = []
    var values: [String] = []

    /// No parameters.
    public init() {}

    /// The value of `{name}`; nil when the template has no such parameter.
    public subscript(_ name: String) -> String? {
        for index in names.indices where names[index] == name { return values[index] }
        return nil
    }

    /// The value of `{name}`.
    /// - Throws: `Problem` 404 when the template has no such parameter.
    public func require(_ name: String) throws(Problem) -> String {
        guard let value = self[name] else { throw Problem.notFound }
        return value
    }

    /// The value of `{name}` read as `type`.
    /// - Throws: `Problem` 404 when it cannot be read so: nothing by that name exists.
    public func require<T: LosslessStringConvertible>(_ name: String, as type: T.Type) throws(Problem) -> T {
        guard let value = T(try require(name)) else { throw Problem.notFound }
        return value
    }
}
