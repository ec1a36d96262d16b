import Dispatch
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Readiness by Dispatch sources, on one serial queue that hands what fired to the loop's thread.
///
/// Dispatch is level-triggered: an armed source is resumed, and suspends itself when it fires, so that each `arm`
/// costs one event and a socket nobody reads does not spin.
///
/// `@unchecked Sendable`: watchers are touched on the loop's thread, or inside handlers of the serial queue for the
/// one property that both share, which an atomic guards.
final class DispatchReadiness: ReadinessSource, @unchecked Sendable {
    private let queue = DispatchQueue(label: "sockets.readiness")
    private let fired = Locked<[(socket: Socket, events: ReadyEvents)]>([])
    private let signal = DispatchSemaphore(value: 0)
    private var watchers: [ObjectIdentifier: Watcher] = [:]

    let needsArming = true

    func register(_ socket: Socket) throws(SocketError) {
        watchers[ObjectIdentifier(socket)] = Watcher()
    }

    func arm(_ socket: Socket, _ events: ReadyEvents) {
        guard let watcher = watchers[ObjectIdentifier(socket)] else { return }
        if events.contains(.read) {
            let source = watcher.read ?? makeReadSource(socket)
            watcher.read = source
            source.arm()
        }
        if events.contains(.write) {
            let source = watcher.write ?? makeWriteSource(socket)
            watcher.write = source
            source.arm()
        }
    }

    /// Sources may use the descriptor until their cancellation is confirmed; the last one closes it.
    func close(_ socket: Socket) {
        guard let watcher = watchers.removeValue(forKey: ObjectIdentifier(socket)) else { return }
        let descriptor = socket.descriptor
        let sources = [watcher.read, watcher.write].compactMap { $0 }
        let finished = DispatchGroup()
        for source in sources {
            finished.enter()
            source.finished.notify(queue: queue) { finished.leave() }
            source.cancel()
        }
        finished.notify(queue: queue) {
            // The handlers do not own their source: it has to outlive them.
            withExtendedLifetime(sources) { Descriptor.close(descriptor) }
        }
    }

    func wait(milliseconds: Int32) {
        if milliseconds < 0 {
            signal.wait()
        } else {
            _ = signal.wait(timeout: .now() + .milliseconds(Int(milliseconds)))
        }
        let ready = fired.withLock { fired in
            defer { fired = [] }
            return fired
        }
        // libdispatch lets go of a descriptor whose connection broke: no source fires again, so this event must say it,
        // or a reader that takes the bytes before the end would wait for ever.
        for (socket, events) in ready where !socket.isClosed {
            socket.deliver(events.union(Descriptor.brokenEvents(socket.descriptor)))
        }
    }

    func wakeUp() {
        signal.signal()
    }

    private func makeReadSource(_ socket: Socket) -> ArmedSource {
        ArmedSource(DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: queue)) {
            [unowned self] in report(socket, .read)
        }
    }

    private func makeWriteSource(_ socket: Socket) -> ArmedSource {
        ArmedSource(DispatchSource.makeWriteSource(fileDescriptor: socket.descriptor, queue: queue)) {
            [unowned self] in report(socket, .write)
        }
    }

    private func report(_ socket: Socket, _ events: ReadyEvents) {
        let first = fired.withLock { fired in
            fired.append((socket, events))
            return fired.count == 1
        }
        if first { signal.signal() }
    }

    private final class Watcher {
        var read: ArmedSource?
        var write: ArmedSource?
    }
}

/// One Dispatch source that fires once for each `arm`.
///
/// `@unchecked Sendable`: the source is itself thread-safe, and the flags are atomic.
private final class ArmedSource: @unchecked Sendable {
    /// Left when the source will never touch the descriptor again.
    let finished = DispatchGroup()
    private let source: any DispatchSourceProtocol
    // True from the resume until the handler has suspended the source again: guards against a second resume.
    private let isArmed = Atomic(false)
    private let isCancelled = Atomic(false)

    init(_ source: any DispatchSourceProtocol, _ handler: @escaping @Sendable () -> Void) {
        self.source = source
        finished.enter()
        source.setCancelHandler { [finished] in finished.leave() }
        source.setEventHandler { [unowned self] in
            self.source.suspend()
            isArmed.store(false, ordering: .sequentiallyConsistent)
            handler()
            if isCancelled.load(ordering: .sequentiallyConsistent) { arm() }
        }
    }

    func arm() {
        if !isArmed.exchange(true, ordering: .sequentiallyConsistent) { source.resume() }
    }

    func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        source.cancel()
        // A suspended source never confirms.
        arm()
    }
}
