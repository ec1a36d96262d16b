import Chassis
import HTTP
import HTTPTypes
import JSON
import Synchronization

/// User-service's internal interface with keys and events that a test makes up, for a ``RecordingUpstream``.
final class FakeUserService: Sendable {
    fileprivate struct State {
        var keys: [String: String] = [:]
        var hashes: [String: String] = [:]
        var events: [String] = []
        /// Nothing is said about the keys of these.
        var locked: Set<String> = []
        var isDown = false
        var keySet = TestIssuer.keySet
        var isGone = false
    }

    private let state = Mutex(State())

    /// Makes a key.
    /// - Parameter more: Further members of its record, each preceded by a comma.
    @discardableResult
    func add(
        _ id: String, scopes: [String] = ["payments:read"], more: String = "", silently: Bool = false
    ) -> APIKeySecret {
        let secret = APIKeySecret.random()
        let hash = Base64URL.encode(secret.hash)
        let list = scopes.map { "\"\($0)\"" }.joined(separator: ",")
        let record = #"{"id":"\#(id)","user":"usr_9","hash":"\#(hash)","scopes":[\#(list)]\#(more)}"#
        state.withLock { state in
            state.keys[id] = record
            state.hashes = state.hashes.filter { $0.value != id }
            state.hashes[hash] = id
            if !silently { state.append("api_key.created", #"{"user":"usr_9","key":\#(record)}"#) }
        }
        return secret
    }

    func revoke(_ id: String) {
        state.withLock { state in
            state.keys[id] = nil
            state.append("api_key.revoked", #"{"user":"usr_9","key":{"id":"\#(id)"}}"#)
        }
    }

    func end(session: String) {
        state.withLock { $0.append("session.revoked", #"{"session":"\#(session)","user":"usr_1","reason":"logout"}"#) }
    }

    /// All keys made here are those of `usr_9`.
    func lock(_ user: String) {
        state.withLock { state in
            state.locked.insert(user)
            state.append("user.locked", #"{"user":"\#(user)"}"#)
        }
    }

    func unlock(_ user: String) {
        state.withLock { state in
            state.locked.remove(user)
            state.append("user.unlocked", #"{"user":"\#(user)"}"#)
        }
    }

    func setRoles(_ roles: [String], of user: String) {
        let list = roles.map { "\"\($0)\"" }.joined(separator: ",")
        state.withLock { $0.append("user.roles_changed", #"{"user":"\#(user)","roles":[\#(list)]}"#) }
    }

    /// Publishes another key set, and says so.
    func publish(_ keySet: [UInt8]) {
        state.withLock { state in
            state.keySet = keySet
            state.append("signing_keys.changed", #"{"keys":[]}"#)
        }
    }

    /// From now on every question is answered by 503, or as always.
    func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    /// The next read of the feed finds that it cannot be followed.
    func loseFeed() { state.withLock { $0.isGone = true } }

    @Sendable func answer(_ received: RecordingUpstream.Received) async throws -> Response {
        if received.target == "/keys" { return .json(state.withLock { $0.keySet }) }
        let path = received.target.prefix { $0 != "?" }
        return try state.withLock { state in
            if state.isDown { throw Problem(.serviceUnavailable, "down") }
            switch path {
            case "/internal/v1/api-keys":
                let keys = state.locked.contains("usr_9") ? "" : state.keys.values.joined(separator: ",")
                return Self.json(#"{"keys":[\#(keys)],"next":null,"sequence":\#(state.events.count),"replay_after":0}"#)
            case "/internal/v1/events": return try Self.feed(received.target, &state)
            case "/internal/v1/api-keys/usage": return .empty(.noContent)
            case _ where path.hasPrefix("/internal/v1/api-keys/by-hash/"):
                let hash = String(path.dropFirst("/internal/v1/api-keys/by-hash/".count))
                guard !state.locked.contains("usr_9"), let key = state.hashes[hash].flatMap({ state.keys[$0] }) else {
                    throw Problem.notFound
                }
                return Self.json(#"{"key":\#(key),"sequence":\#(state.events.count)}"#)
            default: return .empty(.noContent)
            }
        }
    }

    private static func feed(_ target: String, _ state: inout State) throws -> Response {
        if state.isGone {
            state.isGone = false
            throw Problem(.gone, "events_gone")
        }
        let after = Int(Query(String(target.drop { $0 != "?" }.dropFirst()))["after"] ?? "") ?? 0
        let events = state.events.dropFirst(after)
        return json(#"{"events":[\#(events.joined(separator: ","))],"next":\#(max(after, state.events.count))}"#)
    }

    private static func json(_ text: String) -> Response { .json(Array(text.utf8)) }
}

extension FakeUserService.State {
    fileprivate mutating func append(_ type: String, _ data: String) {
        let sequence = events.count + 1
        events.append(#"{"sequence":\#(sequence),"id":"evt_\#(sequence)","type":"\#(type)","data":\#(data)}"#)
    }
}
