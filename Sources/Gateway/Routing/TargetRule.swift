import HTTP

/// How the target that was routed becomes the one that the upstream is asked for, and a `Location` of the upstream one
/// for the client.
struct TargetRule: Sendable {
    /// Taken from the front of the path; empty for nothing.
    private let prefix: String
    private let prefixLength: Int
    private let template: PathTemplate?
    /// What stands for the client's path prefix on the upstream; `nil` when paths cannot be led back.
    private let inner: String?
    private let outer: String

    /// The rule of a route that sends the path on as it is.
    static let identity = TargetRule(prefix: "", template: nil, inner: nil, outer: "")

    init(_ route: RouteConfiguration) {
        guard let rewrite = route.rewrite else {
            let prefix = route.stripPrefix
            self.init(prefix: prefix, template: nil, inner: prefix.isEmpty ? nil : "", outer: prefix)
            return
        }
        let isLiteral = rewrite.keepsRest && rewrite.pattern.parameters.isEmpty && route.path.parameters.isEmpty
        self.init(
            prefix: "", template: PathTemplate(rewrite, of: route.path),
            inner: isLiteral ? rewrite.pattern.literalPrefix : nil, outer: route.path.literalPrefix)
    }

    private init(prefix: String, template: PathTemplate?, inner: String?, outer: String) {
        self.prefix = prefix
        prefixLength = prefix.utf8.count
        self.template = template
        self.inner = inner
        self.outer = outer
    }

    /// Whether a `Location` may have to be led back.
    var changesPath: Bool { inner != nil }

    /// The target for the upstream; for most requests the received bytes from some offset on.
    func target(of request: Request) -> ClientTarget {
        let head = request.head
        if head.pathIsPlain, head.targetForm == .origin, template == nil {
            return .received(droppingPrefix: prefixLength)
        }
        return .text(text(of: request))
    }

    /// The same as text: the path that was routed in its normal form, changed; the query as received.
    func text(of request: Request) -> String {
        let target = request.normalizedTarget
        let path = target.prefix { $0 != "?" }
        let query = target.dropFirst(path.count)
        if let template { return template.apply(to: path) + query }
        let rest = path.hasPrefix(prefix) ? path.dropFirst(prefix.count) : path
        return (rest.hasPrefix("/") || rest == "*" ? String(rest) : "/" + rest) + query
    }

    /// A path on the upstream as the client has to write it; `nil` when it is to stay as it is.
    func outside(_ location: String) -> String? {
        guard let inner, location.hasPrefix("/"), !location.hasPrefix("//"), location.hasPrefix(inner) else {
            return nil
        }
        let rest = location.dropFirst(inner.count)
        guard rest.isEmpty || rest.first == "/" || rest.first == "?" || rest.first == "#" else { return nil }
        return outer + rest
    }
}
