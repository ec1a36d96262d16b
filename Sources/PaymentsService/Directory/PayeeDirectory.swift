/// Knows the users, which this service does not.
protocol PayeeDirectory: Sendable {
    /// The id of the user that is meant, or nil when there is none.
    ///
    /// - Throws: `Problem` 503 when that cannot be found out now.
    func resolve(_ payee: PayeeQuery) async throws -> String?
}

/// How a payee can be named without an account.
enum PayeeQuery: Sendable, Hashable {
    case user(String)
    case email(String)
}
