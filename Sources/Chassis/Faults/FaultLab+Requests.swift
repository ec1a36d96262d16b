import HTTP
import HTTPTypes
import Sockets

extension HTTPField.Name {
    /// `Tollgate-Fault`: the id of the fault that the answer is due to, or late by.
    static let tollgateFault = Self("Tollgate-Fault")!
}

extension FaultLab {
    private static let ofRequests: FaultKinds = [.latency, .error, .drop, .crash, .fullQueue]

    /// Whether the lab's own routes have this template: what ends a fault is not struck by one.
    private static func isOwn(_ template: String?) -> Bool {
        guard let template else { return false }
        return template.hasPrefix(FaultRoutes.internalPath) || template.hasPrefix(FaultRoutes.publicPath)
    }

    /// Puts the lab in front of a service.
    /// - Parameter template: The template of the route that a request takes.
    func around(_ handler: @escaping Handler, template: @escaping @Sendable (Request) -> String?) -> Handler {
        { [self] request in
            guard isArmed(Self.ofRequests) else { return try await handler(request) }
            let route = template(request)
            if Self.isOwn(route) { return try await handler(request) }
            return try await disturb(request, route: route, next: handler)
        }
    }

    private func disturb(_ request: Request, route: String?, next: Handler) async throws -> Response {
        // A full queue of a database strikes at the database.
        let kinds = offer.refusesRequests ? Self.ofRequests : Self.ofRequests.subtracting(.fullQueue)
        let (faults, delay) = strike(kinds, route: route)
        guard !faults.isEmpty else { return try await next(request) }
        let ids = faults.map(\.id).joined(separator: ", ")
        let context = request.context
        context.route = route
        if delay > 0 { await Self.pause(delay, context) }
        try refuse(faults, ids, context)
        do {
            var response = try await next(request)
            if context.reason == nil { context.reason = "injected_\(faults[0].kind.rawValue)" }
            response.fields.append(HTTPField(name: .tollgateFault, value: ids))
            return try finish(faults, response, context)
        } catch var problem as Problem {
            problem.fields.append(HTTPField(name: .tollgateFault, value: ids))
            if let crash = faults.first(where: { $0.kind == .crash }) { self.crash(crash, on: context.loop) }
            throw problem
        }
    }

    private static func pause(_ milliseconds: Int, _ context: RequestContext) async {
        guard let loop = context.loop ?? EventLoop.current else { return }
        await loop.sleep(for: .milliseconds(milliseconds))
    }

    /// What ends a request before it is handled.
    private func refuse(_ faults: [ActiveFault], _ ids: String, _ context: RequestContext) throws {
        for fault in faults {
            switch fault.specification.effect {
            case .error(let status):
                context.reason = "injected_error"
                throw Problem(
                    .init(code: status), "injected_fault", detail: "The fault lab has made this error.",
                    fields: [.tollgateFault: ids])
            case .fullQueue:
                context.reason = "injected_full_queue"
                throw Problem(
                    .serviceUnavailable, "overloaded", detail: "There is more to do than can be done now; try again.",
                    fields: [.retryAfter: "1", .tollgateFault: ids])
            case .drop(.before): throw AbandonedExchange("injected_drop")
            default: break
            }
        }
    }

    /// What happens to an answer that is there.
    private func finish(_ faults: [ActiveFault], _ response: Response, _ context: RequestContext) throws -> Response {
        var response = response
        for fault in faults {
            switch fault.specification.effect {
            case .crash: crash(fault, on: context.loop)
            case .drop(.after):
                context.reason = "injected_drop"
                throw AbandonedExchange("injected_drop")
            case .drop(.middle):
                context.reason = "injected_drop"
                response.body = try response.body.cut()
            default: break
            }
        }
        return response
    }
}

extension ResponseBody {
    /// The first half of it, and then the end of the connection.
    /// - Throws: `AbandonedExchange` when there is nothing to cut.
    fileprivate func cut() throws -> ResponseBody {
        switch self {
        case .bytes(let bytes) where bytes.count > 1:
            .stream(length: bytes.count) { writer in
                try await CutSink(writer: writer).write(bytes)
            }
        case .stream(let length, let produce):
            .stream(length: length) { writer in
                try await produce(BodyWriter(CutSink(writer: writer)))
                throw AbandonedExchange("injected_drop")
            }
        case .empty, .bytes, .tunnel: throw AbandonedExchange("injected_drop")
        }
    }
}

/// Sends half of the first piece that it is given.
private struct CutSink: ResponseBodySink {
    let writer: BodyWriter

    func write(_ bytes: [UInt8]) async throws {
        try await writer.write(Array(bytes.prefix(bytes.count / 2)))
        try await writer.flush()
        throw AbandonedExchange("injected_drop")
    }

    func flush() async throws { try await writer.flush() }
    func setTrailers(_ fields: HTTPFields) {}
}
