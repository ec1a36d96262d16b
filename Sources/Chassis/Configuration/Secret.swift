import Synchronization

/// A value that must not be shown: printing, interpolating or reflecting it gives `[secret]`.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value itself. Do not log it.
    public let exposed: String

    /// Wraps a value.
    public init(_ value: String) { exposed = value }

    /// Always `[secret]`.
    public var description: String { "[secret]" }
    /// Always `[secret]`.
    public var debugDescription: String { "[secret]" }
    /// Shows no members.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether `given` is the secret, in constant time.
    public func matches(_ given: some Sequence<UInt8>) -> Bool {
        constantTimeEqual(Array(given), Array(exposed.utf8))
    }
}

/// Where a secret comes from: a value of the environment, or a file that is read again when it changes (a mounted
/// Secret, or what a Vault agent renders).
public final class SecretSource: Sendable {
    private struct State {
        var secret: Secret
        var version: FileVersion?
    }

    private let path: String?
    private let state: Mutex<State>

    /// A secret that stays as it is.
    public init(value: String) {
        path = nil
        state = Mutex(State(secret: Secret(value), version: nil))
    }

    /// The secret in the file at `path`, without white space at its ends.
    /// - Throws: ``SettingsError`` for `key` when it cannot be read or is empty.
    public init(file path: String, key: String) throws(SettingsError) {
        let version = FileAccess.version(of: path)
        guard let text = try? FileAccess.readTrimmed(path), !text.isEmpty else {
            throw SettingsError(key: key, value: path, allowed: "a readable file that holds the secret")
        }
        self.path = path
        state = Mutex(State(secret: Secret(text), version: version))
    }

    /// The secret as it is now. A file that has changed is read again (one `stat` tells); while the new one cannot be
    /// read, or is empty, the last good value stays.
    public var current: Secret {
        state.withLock { state in
            guard let path, let version = FileAccess.version(of: path), version != state.version else {
                return state.secret
            }
            guard let text = try? FileAccess.readTrimmed(path), !text.isEmpty else { return state.secret }
            state = State(secret: Secret(text), version: version)
            return state.secret
        }
    }
}
