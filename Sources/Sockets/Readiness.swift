#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which part of the operating system tells a loop that sockets are ready.
public enum Readiness: String, Sendable, CaseIterable {
    /// Edge-triggered epoll: Linux, the fast one (docs/decisions/0001-event-loop.md).
    case epoll
    /// Dispatch sources: everywhere, several times the cost.
    case dispatch

    /// The ones that work on this platform.
    public static var available: [Readiness] {
        #if os(Linux)
            [.epoll, .dispatch]
        #else
            [.dispatch]
        #endif
    }

    /// `TOLLGATE_READINESS` when it names an available one, else the platform's best.
    public static var preferred: Readiness {
        let named = ProcessInfo.processInfo.environment["TOLLGATE_READINESS"].flatMap(Readiness.init(rawValue:))
        if let named, available.contains(named) { return named }
        return available[0]
    }
}

/// What happened to a socket, as a set of edges.
struct ReadyEvents: OptionSet, Sendable {
    let rawValue: UInt8
    static let read = ReadyEvents(rawValue: 1)
    static let write = ReadyEvents(rawValue: 2)
    /// The peer sent FIN, or the connection failed: reading finds out which.
    static let hangUp = ReadyEvents(rawValue: 4)
    /// The connection failed (a reset, usually): nothing can be sent any more. Comes with `hangUp`.
    static let broken = ReadyEvents(rawValue: 8)
}

/// Where a loop waits. Implementations deliver events by `Socket.deliver` on the thread that called `wait`.
protocol ReadinessSource: AnyObject {
    /// False when each registration reports every edge by itself; true when a socket must ask with `arm` first.
    var needsArming: Bool { get }
    /// Starts watching the socket, once for its life.
    func register(_ socket: Socket) throws(SocketError)
    /// Asks for the next event of the given kind. Only where `needsArming`.
    func arm(_ socket: Socket, _ events: ReadyEvents)
    /// Stops watching and closes the descriptor.
    func close(_ socket: Socket)
    /// Sleeps until something is ready, `wakeUp` is called or the time is over, and delivers what is ready.
    func wait(milliseconds: Int32)
    /// Ends a `wait` early, from any thread.
    func wakeUp()
}
