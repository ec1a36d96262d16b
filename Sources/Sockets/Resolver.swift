#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A name could not be resolved.
public struct ResolutionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name.
    public let host: String
    /// What the system's resolver said.
    public let reason: String

    /// An error of its parts.
    public init(host: String, reason: String) {
        self.host = host
        self.reason = reason
    }

    /// One line, for logs.
    public var description: String { "cannot resolve \(host): \(reason)" }
}

/// Names to addresses by the system's resolver, off the loops, remembered for a while.
///
/// Questions for one name share one look-up. When a look-up fails, the last answer serves on: a name server that is
/// down for a minute takes no upstream with it.
public final class Resolver: Sendable {
    /// Looks a name up; blocks. Returns addresses with port 0.
    public typealias Lookup = @Sendable (_ host: String) throws(ResolutionError) -> [SocketAddress]

    private let pool: BlockingPool
    private let lookup: Lookup
    private let lifetime: UInt64
    private let clock: @Sendable () -> UInt64
    private let state = Locked(State())

    private struct State {
        var answers: [String: Answer] = [:]
        var underWay: [String: Task<[SocketAddress], any Error>] = [:]
    }

    private struct Answer {
        var addresses: [SocketAddress]
        var expires: UInt64
    }

    /// At most this many names are remembered.
    private static let capacity = 1024

    /// A resolver that remembers answers for `timeToLive`: getaddrinfo hides the DNS records' own.
    public init(
        timeToLive: Duration = .seconds(30),
        pool: BlockingPool = BlockingPool(name: "resolver", width: 4, queueLimit: 256),
        lookup: @escaping Lookup = Resolver.systemLookup,
        clock: @escaping @Sendable () -> UInt64 = { CoarseClock.milliseconds() }
    ) {
        lifetime = timeToLive.milliseconds
        self.pool = pool
        self.lookup = lookup
        self.clock = clock
    }

    /// The addresses of `endpoint`, at least one. Throws `ResolutionError` when there never was an answer.
    public func resolve(_ endpoint: Endpoint) async throws(ResolutionError) -> [SocketAddress] {
        if let known = remembered(endpoint) { return known }
        do {
            return try await task(for: endpoint.host).value.map { $0.with(port: endpoint.port) }
        } catch {
            if let stale = stale(endpoint) { return stale }
            throw error as? ResolutionError ?? ResolutionError(host: endpoint.host, reason: "\(error)")
        }
    }

    /// A literal or freshly remembered answer, without waiting.
    public func remembered(_ endpoint: Endpoint) -> [SocketAddress]? {
        if let literal = endpoint.literalAddress { return [literal] }
        let now = clock()
        let answer = state.withLock { $0.answers[endpoint.host] }
        guard let answer, answer.expires > now else { return nil }
        return answer.addresses.map { $0.with(port: endpoint.port) }
    }

    /// Has the next question look again: called when the addresses of the last answer do not connect.
    public func expire(_ host: String) {
        state.withLock { $0.answers[host]?.expires = 0 }
    }

    private func stale(_ endpoint: Endpoint) -> [SocketAddress]? {
        state.withLock { $0.answers[endpoint.host] }?.addresses.map { $0.with(port: endpoint.port) }
    }

    private func task(for host: String) -> Task<[SocketAddress], any Error> {
        state.withLock { state in
            if let running = state.underWay[host] { return running }
            let task = Task { try await self.look(up: host) }
            state.underWay[host] = task
            return task
        }
    }

    private func look(up host: String) async throws -> [SocketAddress] {
        defer { state.withLock { $0.underWay[host] = nil } }
        let addresses = try await pool.run { [lookup] in try lookup(host) }
        let expires = clock() + lifetime
        state.withLock { state in
            if state.answers.count >= Self.capacity { state.answers.removeAll() }
            state.answers[host] = Answer(addresses: addresses, expires: expires)
        }
        return addresses
    }

    /// `getaddrinfo` for TCP, in the order it gives (RFC 6724).
    public static let systemLookup: Lookup = { (host) throws(ResolutionError) in
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Descriptor.stream
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { throw ResolutionError(host: host, reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr.flatMap({ SocketAddress($0) }) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw ResolutionError(host: host, reason: "no address") }
        return addresses
    }
}
