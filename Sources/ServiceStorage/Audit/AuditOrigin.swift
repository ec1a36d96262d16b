import Chassis
public import HTTP

/// Who acts, and from where.
public struct AuditOrigin: Sendable, Equatable {
    /// Whoever holds the admin token of the process.
    public static let `operator` = "operator"
    /// The process itself.
    public static let system = "system"
    /// The process itself, at no client's wish.
    public static let process = AuditOrigin(actor: system, address: nil, requestID: nil)

    /// A user, `usr_…`, or one of the two above.
    public let actor: String
    /// The client's IP address; nil for the process itself.
    public let address: String?
    /// What the answer and the access line carry, too; nil where there was no request.
    public let requestID: String?

    /// Takes what it is given.
    public init(actor: String, address: String?, requestID: String?) {
        self.actor = actor
        self.address = address
        self.requestID = requestID
    }

    /// A user, from where the gateway says that he is.
    public init(actor: String, of request: Request) {
        self.init(actor: actor, address: request.forwardedAddress, requestID: request.context.id)
    }
}
