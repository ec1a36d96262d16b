import Chassis

/// The keys that the services need before their first start.
enum KeyMaterial {
    static let services = ["gateway", "user-service", "payments-service"]

    /// Makes what is missing in `directory`; what is there stays.
    ///
    /// - Throws: ``Failure`` naming the file that could not be written.
    static func createWhereMissing(in directory: String) throws {
        do {
            try IdentityKeys.generate(services: services, directory: directory)
        } catch {
            throw Failure("cannot make keys: \(error)")
        }
    }
}
