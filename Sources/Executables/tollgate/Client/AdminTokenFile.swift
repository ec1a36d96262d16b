import Chassis

/// The file with the token that admin ports want of an operator.
enum AdminTokenFile {
    /// - Throws: ``Failure`` when it cannot be read.
    static func read(_ path: String) throws -> String {
        guard let token = try? FileAccess.readTrimmed(path) else {
            throw Failure("cannot read the admin token in \(path)")
        }
        return token
    }
}
