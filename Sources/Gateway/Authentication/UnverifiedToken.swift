import Chassis
import JSON

/// A compact JWS (RFC 7515 section 3.1), taken apart: nothing in it is to be believed yet.
///
/// Members may not be repeated and base 64 must be canonical, so that there is one way to read it.
struct UnverifiedToken: Sendable {
    /// The longest token in bytes.
    static let maximumLength = 8 << 10
    private static let limits = JSONLimits(depth: 8, bytes: maximumLength, members: 256, stringLength: maximumLength)

    let header: [String: JSONValue]
    let claims: [String: JSONValue]
    let signature: [UInt8]
    /// What the signature is of.
    let signed: ArraySlice<UInt8>

    /// - Parameter token: The compact serialisation.
    init(_ token: [UInt8]) throws(TokenRefusal) {
        guard token.count <= Self.maximumLength else { throw .tooLong }
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { throw .malformed }
        header = try Self.object(parts[0])
        claims = try Self.object(parts[1])
        self.signature = signature
        signed = token[..<parts[1].endIndex]
    }

    private static func object(_ part: ArraySlice<UInt8>) throws(TokenRefusal) -> [String: JSONValue] {
        guard let bytes = Base64URL.decode(part) else { throw .malformed }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw error.isDuplicateMember ? .duplicateMember : .malformed
        }
        guard case .object(let members) = value else { throw .malformed }
        return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
    }
}
