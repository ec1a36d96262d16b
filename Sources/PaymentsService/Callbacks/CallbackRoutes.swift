import Chassis
import HTTP
import HTTPTypes
import Logging

/// `/v1/processor/callbacks`: where the processor tells of its own accord how far an order has come.
///
/// The gateway lets anybody call it. The signature is what is believed, and it covers the whole body.
struct CallbackRoutes: Sendable {
    /// The most bytes of a body.
    static let bodyLimit = 4 << 10

    let store: PaymentsStore
    let secrets: CallbackSecrets
    let logger: Logger

    func install(in router: inout Router) {
        router.post("/v1/processor/callbacks", bodyLimit: Self.bodyLimit) { request in try await receive(request) }
    }

    /// 204 for everything that needs no second try: applied, known already, or too late.
    ///
    /// - Throws: `Problem` 403 `invalid_signature`, 404, 409 `callback_mismatch`, and as every POST with a body.
    private func receive(_ request: Request) async throws -> Response {
        let body = try await request.jsonBody()
        guard isSigned(request, body) else {
            store.metrics.count(.unsigned)
            request.context.reason = "callback_signature"
            throw Problem(.forbidden, "invalid_signature", detail: "This needs a valid and recent signature.")
        }
        let callback = try ProcessorCallback(json: body)
        let result = try await store.apply(callback)
        store.metrics.count(result)
        switch result {
        case .applied, .repeated, .unsigned: break
        case .unknown: throw Problem.notFound
        case .contradicted, .mismatched:
            logger.error(
                "a callback contradicts the ledger",
                metadata: ["callback": "\(callback.id)", "key": "\(callback.key)", "result": "\(result)"])
            guard result == .contradicted else {
                throw Problem(.conflict, "callback_mismatch", detail: "The order is about another amount.")
            }
        }
        return Response(status: .noContent)
    }

    private func isSigned(_ request: Request, _ body: [UInt8]) -> Bool {
        guard let name = HTTPField.Name(CallbackSignature.fieldName), let field = request.field(name),
            let signature = CallbackSignature(field: field)
        else { return false }
        return signature.isValid(for: body, secrets: secrets.current, at: store.clock.now)
    }
}
