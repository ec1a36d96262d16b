import Chassis
import HTTP
import Logging

/// Writes down who was refused a route that only certain roles may use, and why: the attempts that services never see.
///
/// Each is a line of the log with `category` `audit` and the members of user-service's audit log, so that both can be read
/// together (docs/identity/administration.md). It is written whatever `LOG_LEVEL` says, and never dropped for want of
/// space; how many there may be is bounded, so that nobody hides an attempt among thousands.
final class RefusalAudit: Sendable {
    private let logger: Logger
    private let clock: any WallClock
    private let allowance: RefusalAllowance

    /// How many were not written because there were too many, since the start.
    var dropped: Int { allowance.dropped }

    /// - Parameter previous: That of the gateway before, whose allowance goes on.
    init(logger: Logger, clock: any WallClock, inheriting previous: RefusalAudit?) {
        allowance = previous?.allowance ?? RefusalAllowance()
        var logger = logger
        logger.logLevel = .notice
        logger[metadataKey: "category"] = "audit"
        self.logger = logger
        self.clock = clock
    }

    /// The caller of `token` was refused `route`; `request.context.reason` says why.
    func refused(_ request: Request, _ route: CompiledRoute, _ token: VerifiedToken, client: Client) {
        guard !route.access.configuration.roles.isEmpty else { return }
        let actor = request.context.caller ?? token.claims.subject
        guard allowance.admits(actor, now: clock.now) else { return }
        logger.notice(
            "A caller was refused a route of the staff",
            metadata: [
                "actor": .string(actor), "action": .string(route.name), "outcome": "refused",
                "code": .string(request.context.reason ?? ""), "client_address": .string(client.text),
                "request_id": .string(request.context.id),
                "trace_id": .string(request.context.traceparent.traceIDText),
                "span_id": .string(request.context.traceparent.spanIDText),
            ])
    }
}
