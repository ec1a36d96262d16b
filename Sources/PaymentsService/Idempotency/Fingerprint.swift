import Crypto

/// What a request asked for, to tell a retry from another request under the same key: SHA-256 over the method, the
/// concrete path and the body, byte by byte, after its content coding was undone: a retry may come compressed where
/// the first try did not, or by another compressor.
struct Fingerprint: Sendable, Hashable {
    let bytes: [UInt8]

    init(method: String, path: String, body: [UInt8]) {
        var hash = SHA256()
        // Neither a method nor a path of ours holds a line feed, so the three cannot run into each other.
        hash.update(data: Array("\(method)\n\(path)\n".utf8))
        hash.update(data: body)
        bytes = Array(hash.finalize())
    }

    init(stored: [UInt8]) {
        bytes = stored
    }
}
