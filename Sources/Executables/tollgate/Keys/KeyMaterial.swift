import Chassis

/// The keys that the services need before their first start.
enum KeyMaterial {
    static let services = ["gateway", "user-service", "payments-service"]

    /// The file of the key that encrypts signing keys and second factors in user-service's database.
    static let encryptionKey = "user-service/encryption.key"
    /// The one of before, while it is replaced; made by nobody but the operator.
    static let previousEncryptionKey = "user-service/previous.key"

    /// The file of the secret that the processor signs its callbacks with.
    static let callbackSecret = "payments-service/callback.secret"

    /// Makes what is missing in `directory`; what is there stays.
    ///
    /// - Throws: ``Failure`` naming the file that could not be written.
    static func createWhereMissing(in directory: String) throws {
        do {
            try IdentityKeys.generate(services: services, directory: directory)
            // What encrypts that which user-service must not store in clear, and what callbacks are signed with: the form is
            // that of a token, 32 random bytes.
            try AdminToken.generate(at: "\(directory)/\(encryptionKey)")
            try AdminToken.generate(at: "\(directory)/\(callbackSecret)")
        } catch {
            throw Failure("cannot make keys: \(error)")
        }
    }
}
