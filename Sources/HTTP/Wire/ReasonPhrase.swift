import HTTPTypes

extension HTTPResponse.Status {
    /// The phrase for the status line: its own, or the registered one (RFC 9110 section 15) where a relayed status
    /// came as a number only. Empty for a number that is not registered, which is well-formed (RFC 9112 section 4).
    var phrase: String {
        reasonPhrase.isEmpty ? Self.registered.first { $0.code == code }?.reasonPhrase ?? "" : reasonPhrase
    }

    private static let registered: [HTTPResponse.Status] = [
        .switchingProtocols, .ok, .created, .accepted, .nonAuthoritativeInformation, .noContent, .resetContent,
        .partialContent,
        .multipleChoices, .movedPermanently, .found, .seeOther, .notModified, .temporaryRedirect, .permanentRedirect,
        .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed, .notAcceptable, .requestTimeout,
        .conflict, .gone, .lengthRequired, .preconditionFailed, .contentTooLarge, .uriTooLong, .unsupportedMediaType,
        .rangeNotSatisfiable, .expectationFailed, .misdirectedRequest, .unprocessableContent, .tooEarly,
        .upgradeRequired, .preconditionRequired, .tooManyRequests, .requestHeaderFieldsTooLarge, .internalServerError,
        .notImplemented, .badGateway, .serviceUnavailable, .gatewayTimeout, .httpVersionNotSupported,
        Self(code: 402, reasonPhrase: "Payment Required"),
    ]
}
