import Chassis
import ServiceStorage
import Logging

/// The first admin out of the settings: `ADMIN_EMAIL`, and `ADMIN_PASSWORD_FILE` or `ADMIN_PASSWORD`. They count only while
/// there is no admin, and the password is not even read afterwards, so that the secret can be taken away.
struct FirstAdmin: Sendable {
    let settings: Settings
    let creation: AdminCreation
    let logger: Logger

    /// Makes the admin, if one is wanted and there is none.
    /// - Throws: `SettingsError` for an address or password that cannot be taken; the errors of the database.
    func createWhereMissing() async throws {
        guard let text = settings.optionalString("ADMIN_EMAIL"), try await !creation.anAdminExists() else { return }
        let (email, password) = (try Self.email(text), try password())
        guard let name = DisplayName("Administrator") else { return }
        switch try await creation.create(
            email: email, password: password, name: name, asFirst: true, by: .process)
        {
        case .created(let admin): logger.notice("The first admin was made", metadata: ["user": "\(admin.id)"])
        case .exists: break
        case .emailTaken:
            // Not made an admin: anybody may have signed up with this address.
            logger.error("There is no admin: a user without that role has the address of ADMIN_EMAIL")
        }
    }

    private static func email(_ text: String) throws(SettingsError) -> EmailAddress {
        guard let email = EmailAddress(text) else {
            throw SettingsError(key: "ADMIN_EMAIL", value: text, allowed: "an e-mail address")
        }
        return email
    }

    private func password() throws(SettingsError) -> Password {
        let allowed =
            "a file with a password of \(Password.length.lowerBound) to \(Password.length.upperBound) characters, and no common one"
        guard let source = try settings.secret("ADMIN_PASSWORD") else {
            throw SettingsError(key: "ADMIN_PASSWORD_FILE", value: nil, allowed: allowed)
        }
        let text = source.current.exposed
        guard PasswordPolicy.refusal(text, email: nil, name: nil) == nil, let password = Password(chosen: text) else {
            throw SettingsError(key: "ADMIN_PASSWORD_FILE", value: "[secret]", allowed: allowed)
        }
        return password
    }
}
