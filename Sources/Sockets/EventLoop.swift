import Dispatch
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// One thread that runs tasks, sockets and timers, and waits for all of them in one place.
///
/// The loop is a `TaskExecutor` (SE-0417): a Task that prefers it runs on its thread from first line to last, with no
/// hop between a socket's readiness and the code that awaits it. There is one loop per core.
///
/// `@unchecked Sendable`: everything but `remote`, `state` and `thread` is confined to the loop's thread.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// Number within its group; part of the thread's name.
    public let index: Int
    /// Where the loop's sockets borrow their buffers from. On the loop's thread only.
    public let buffers = BufferPool()
    /// Coarse monotonic milliseconds, read once a turn. On the loop's thread only; elsewhere use `CoarseClock`.
    public internal(set) var now: UInt64 = CoarseClock.milliseconds()

    let readiness: any ReadinessSource
    var sockets = SocketTable()
    var timers = TimerQueue()
    // When the next sweep over the sockets' deadlines is due; a nearer deadline brings it forward.
    var nextSweep: UInt64 = 0

    private var ready: [UnownedJob] = []
    private var running: [UnownedJob] = []
    private var calls: [@Sendable () -> Void] = []
    private let remote = Locked(Remote())
    private let thread = Atomic<UInt>(0)
    private let afterLife: DispatchQueue
    private let turns = Atomic<Int>(0)

    /// What other threads leave for the loop.
    private struct Remote: Sendable {
        var jobs: [UnownedJob] = []
        var calls: [@Sendable () -> Void] = []
        var isWoken = false
        var isStopping = false
        var hasStopped = false
    }

    /// A loop on a thread of its own, running from now on. Throws when the system refuses its descriptors.
    init(index: Int, readiness: Readiness) throws(SocketError) {
        self.index = index
        self.readiness = try Self.source(readiness)
        afterLife = DispatchQueue(label: "sockets.loop-\(index).after")
    }

    private static func source(_ readiness: Readiness) throws(SocketError) -> any ReadinessSource {
        #if os(Linux)
            if readiness == .epoll { return try EpollReadiness() }
        #endif
        return DispatchReadiness()
    }

    // MARK: - Whose thread

    /// The loop whose thread this is.
    public static var current: EventLoop? { CurrentLoop.value }

    /// True on the loop's own thread.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == CurrentLoop.threadIdentity }

    /// Turns since the start: a loop whose number stands still for seconds is stuck in somebody's code.
    public var turnCount: Int { turns.load(ordering: .relaxed) }

    // MARK: - Work

    /// Takes a task's next piece. From the own thread without lock or system call, else with one wake-up.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ready.append(job)
            return
        }
        let (mustWake, hasStopped) = remote.withLock { remote in
            if remote.hasStopped { return (false, true) }
            remote.jobs.append(job)
            defer { remote.isWoken = true }
            return (!remote.isWoken, false)
        }
        if mustWake { readiness.wakeUp() }
        if hasStopped { runAfterLife(job) }
    }

    /// Runs `work` on the loop's thread, in order: from elsewhere soon, from the loop itself once the tasks that are
    /// ready have run and before the loop sleeps. Dropped once the loop has stopped.
    public func execute(_ work: @escaping @Sendable () -> Void) {
        if isCurrent { return calls.append(work) }
        let mustWake = remote.withLock { remote in
            if remote.hasStopped { return false }
            remote.calls.append(work)
            defer { remote.isWoken = true }
            return !remote.isWoken
        }
        if mustWake { readiness.wakeUp() }
    }

    // A task may still be resumed by somebody else's thread after its loop is gone: it has to end somewhere.
    private func runAfterLife(_ job: UnownedJob) {
        afterLife.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    // MARK: - The thread

    func start() {
        SystemThread.start(stackSize: 4 << 20) { [self] in
            CurrentLoop.set(self)
            CurrentLoop.name("loop-\(index)")
            self.thread.store(CurrentLoop.threadIdentity, ordering: .relaxed)
            run()
            self.thread.store(0, ordering: .relaxed)
            CurrentLoop.set(nil)
        }
    }

    /// Asks the loop to close its sockets and end its thread. From any thread.
    func stop() {
        let mustWake = remote.withLock { remote in
            remote.isStopping = true
            defer { remote.isWoken = true }
            return !remote.isWoken
        }
        if mustWake { readiness.wakeUp() }
    }

    /// True once the thread runs no more code of the loop.
    var hasStopped: Bool { remote.withLock { $0.hasStopped } }

    private func run() {
        let executor = asUnownedTaskExecutor()
        while true {
            runReady(executor)
            runCalls()
            sockets.buryClosed()
            readiness.wait(milliseconds: ready.isEmpty && calls.isEmpty ? sleepTime : 0)
            now = CoarseClock.milliseconds()
            turns.wrappingAdd(1, ordering: .relaxed)
            let isStopping = takeRemote()
            fireTimers()
            if now >= nextSweep { sweep() }
            if isStopping, windDown() { return }
        }
    }

    /// Jobs enqueue others; a few rounds of them run before the sockets are asked again.
    private func runReady(_ executor: UnownedTaskExecutor) {
        var rounds = 0
        while !ready.isEmpty, rounds < 16 {
            rounds += 1
            swap(&ready, &running)
            for job in running { job.runSynchronously(on: executor) }
            running.removeAll(keepingCapacity: true)
        }
    }

    private func runCalls() {
        guard !calls.isEmpty else { return }
        let due = calls
        calls.removeAll(keepingCapacity: true)
        for call in due { call() }
    }

    /// Takes over what other threads left. True when the loop is to stop.
    private func takeRemote() -> Bool {
        let (jobs, calls, isStopping) = remote.withLock { remote in
            guard remote.isWoken else { return ([UnownedJob](), [@Sendable () -> Void](), remote.isStopping) }
            remote.isWoken = false
            defer {
                remote.jobs.removeAll(keepingCapacity: true)
                remote.calls.removeAll(keepingCapacity: true)
            }
            return (remote.jobs, remote.calls, remote.isStopping)
        }
        ready += jobs
        self.calls += calls
        return isStopping
    }

    /// Milliseconds until a timer or the sweep is due.
    private var sleepTime: Int32 {
        let due = min(nextSweep, timers.nextDue ?? .max)
        return due <= now ? 0 : Int32(clamping: due - now)
    }

    /// Closes what is open and runs what that wakes. True when nothing is left and the thread may end.
    private func windDown() -> Bool {
        sockets.forEach { $0.close() }
        for action in timers.drain() { action() }
        guard ready.isEmpty, calls.isEmpty, sockets.isEmpty else { return false }
        sockets.buryClosed()
        return remote.withLock { remote in
            guard remote.jobs.isEmpty, remote.calls.isEmpty else { return false }
            remote.hasStopped = true
            return true
        }
    }
}
