import Chassis
import HTTP
import Storage

/// Checks who somebody says they are by a password, in a way that guessing gets nowhere: limited, and with the same work
/// for an account that does not exist. Every check of a password goes through here.
struct PasswordGate: Sendable {
    let users: UserStore
    let hasher: PasswordHasher
    let attempts: AttemptGuard
    let addresses: KnownAddressStore

    /// The account whose e-mail address and password these are; nil when they are not, for whatever reason.
    /// - Throws: ``Problem`` 429 `rate_limited` before anything is computed; ``PasswordHasherBusy``; 504.
    func logIn(_ email: EmailAddress?, _ password: Password, _ request: Request) async throws -> Credential? {
        var credential: Credential?
        if let email { credential = try await users.credential(for: email) }
        let isKnown = try await addresses.isKnown(request.client, to: credential?.userID)
        let attempt = try attempts.begin(request, account: email?.exposed ?? "", isKnown: isKnown)
        guard let credential = try await check(password, credential, attempt, request) else { return nil }
        try await addresses.remember(request.client, of: credential.userID)
        return credential
    }

    /// Whether this is the password of a user who is logged in, and their credential. Counted apart from logins: somebody
    /// at an open session guesses here, and slows down nobody's login.
    /// - Throws: As above.
    func confirm(_ password: Password, of userID: String, _ request: Request) async throws -> Credential? {
        let credential = try await users.credential(ofUser: userID)
        let attempt = try attempts.begin(request, account: userID, isKnown: false)
        return try await check(password, credential, attempt, request)
    }

    private func check(
        _ password: Password, _ credential: Credential?, _ attempt: AttemptGuard.Attempt, _ request: Request
    ) async throws -> Credential? {
        let verdict: PasswordHasher.Verdict
        do {
            verdict = try await hasher.verify(password, against: credential?.hash, until: request.deadline)
        } catch {
            attempts.withdraw(attempt)
            throw error
        }
        guard case .right(let replacement) = verdict, let credential else { return nil }
        attempts.succeeded(attempt)
        guard let replacement else { return credential }
        try await users.replaceHash(of: credential.userID, credential.hash, by: replacement)
        return Credential(
            userID: credential.userID, hash: replacement, isEmailVerified: credential.isEmailVerified,
            version: credential.version)
    }
}
