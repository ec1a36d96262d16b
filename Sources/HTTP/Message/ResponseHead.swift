/// A response head as received, by the client.
public final class ResponseHead: MessageHead, @unchecked Sendable {
    /// The status code, 100 to 599.
    @exclusivity(unchecked) public internal(set) var statusCode = 0
    /// The bytes of the reason phrase; may be empty.
    @exclusivity(unchecked) public internal(set) var reason = ByteRange.empty

    /// A head that can be parsed into. It grows when a response needs more than 1 KiB or 16 fields.
    public init() {
        super.init(capacity: 1024, fields: 16)
    }
}
