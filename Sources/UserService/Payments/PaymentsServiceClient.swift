import Chassis
import HTTP
import HTTPTypes
import Logging

/// What this service asks of payments-service.
protocol PaymentsPeer: Sendable {
    /// Closes all accounts of a user, for good and at once, or none while money is left. Repeatable.
    func closeAccounts(of user: String, origin: RequestContext?) async -> ClosingAnswer
    /// All that payments-service holds about a user.
    ///
    /// - Throws: When it cannot be had now.
    func export(of user: String, origin: RequestContext) async throws -> TextPieces
}

/// A JSON text that arrives in pieces: the next one, or `nil` at the end. It throws when the rest does not come.
typealias TextPieces = @Sendable () async throws -> [UInt8]?

/// How payments-service answered the wish to close a user's accounts.
enum ClosingAnswer: Sendable, Hashable {
    case closed
    case moneyLeft
    /// No answer, or none that can be understood: the accounts may have been closed.
    case unknown
}

/// payments-service over HTTP.
struct PaymentsServiceClient: PaymentsPeer {
    let payments: ServiceClient
    let logger: Logger

    private static let exportTimeout = Duration.seconds(120)

    func closeAccounts(of user: String, origin: RequestContext?) async -> ClosingAnswer {
        do {
            let answer = try await payments.send(
                .post, "/internal/v1/users/\(user)/close", timeout: .seconds(3), origin: origin)
            _ = try await answer.body.collect(upTo: 64 << 10)
            switch answer.status.code {
            case 200: return .closed
            case 409: return .moneyLeft
            default: throw UnexpectedStatus(answer.status.code)
            }
        } catch {
            logger.warning(
                "The accounts of a user could not be closed", metadata: ["user": "\(user)", "reason": "\(error)"])
            return .unknown
        }
    }

    func export(of user: String, origin: RequestContext) async throws -> TextPieces {
        let answer = try await payments.send(
            .get, "/internal/v1/users/\(user)/export", timeout: Self.exportTimeout, headTimeout: .seconds(5),
            origin: origin)
        guard answer.status.code == 200 else { throw UnexpectedStatus(answer.status.code) }
        return { [body = answer.body] in try await body.next() }
    }
}
