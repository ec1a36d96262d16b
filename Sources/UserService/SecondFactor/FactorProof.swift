import JSON

/// What somebody shows as a second factor.
enum FactorProof: Sendable, Equatable {
    /// Six digits of an authenticator app.
    case code(String)
    /// One of the codes on paper; nil when it cannot be one.
    case recovery(RecoveryCode?)

    /// Reads `code` or `recovery_code`, of which at most one may be there.
    init?(_ reader: inout JSONObjectReader) {
        let code = reader.optionalString("code", length: 6...6)
        let recovery = reader.optionalString("recovery_code", length: 1...64)
        if code != nil, recovery != nil { reader.fail("recovery_code", "must not be there beside a code") }
        if let code {
            self = .code(code)
        } else if let recovery {
            self = .recovery(RecoveryCode(recovery))
        } else {
            return nil
        }
    }
}
