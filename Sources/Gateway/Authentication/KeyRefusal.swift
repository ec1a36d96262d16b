/// Why an API key is not accepted. The log says which; the client only learns that its key is not valid.
enum KeyRefusal: String, Error, Sendable, CaseIterable {
    /// Not of the form of a key, or its checksum is wrong: nobody was asked.
    case malformed = "api_key_malformed"
    /// There is no such key, or none any more.
    case unknown = "api_key_unknown"
    case expired = "api_key_expired"
    /// It is not known here, and user-service could not be asked.
    case unavailable = "api_key_unavailable"
    /// There are two keys, or a key and a token.
    case ambiguous = "api_key_ambiguous"
}
