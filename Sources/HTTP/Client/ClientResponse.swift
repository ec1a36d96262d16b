public import HTTPTypes

/// The answer to a `ClientRequest`: its head has arrived, its body may still be on the way.
public struct ClientResponse: Sendable {
    /// The head as received.
    public let head: ResponseHead
    /// The body. Read it to its end, or let go of the response: then the connection is closed.
    public let body: ClientResponseBody
    /// Whether the client sent the request a second time, because a kept connection closed before the first byte of the
    /// answer: the server may have seen it twice.
    public var wasReplayed: Bool { body.wasReplayed }

    /// The status; 200 to 599, interim ones are never seen here.
    public var status: HTTPResponse.Status { HTTPResponse.Status(code: head.statusCode) }
    /// The fields, materialised; use ``field(_:)`` for one of them.
    public var fields: HTTPFields { head.fields }
    /// The value of a field, several lines joined by ", "; nil when there is none.
    public func field(_ name: HTTPField.Name) -> String? { head.string(of: name) }
}
