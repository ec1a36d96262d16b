/// One group commit: requests that run in one transaction and are answered after it.
///
/// It never waits for more to come: while one batch commits, the next gathers by itself. Waiting up to 1 ms for as many
/// as the batch before was measured: it lowers the throughput of 64 clients that do 20 to 80 µs of work each between
/// their requests by 5 to 13 %, because that work no longer overlaps the disk's.
struct Batch: ~Copyable {
    private let transaction: WriteTransaction
    private let limit: Int
    private let deadline: UInt64
    private let observer: (any DatabaseObserver)?
    private var requests: [(request: WriteRequest, failure: DatabaseError?)] = []

    /// Why nothing of the batch was made durable, if so.
    private(set) var failure: DatabaseError?
    /// False when the connection's state is unknown and it must be opened anew.
    private(set) var isConnectionUsable = true
    /// Requests whose body threw.
    private(set) var refused = 0
    /// How long COMMIT took.
    private(set) var commitNanoseconds: UInt64 = 0

    init(_ transaction: WriteTransaction, options: SQLiteOptions) {
        self.transaction = transaction
        limit = options.batchLimit
        observer = options.observer
        deadline = monotonicNanoseconds() &+ options.batchNanoseconds
    }

    /// Requests in the batch.
    var count: Int { requests.count }

    /// Runs what waits, and what arrives meanwhile, up to the bounds; then commits. Leaves in `waiting` what did not run.
    mutating func run(_ waiting: inout [WriteRequest], more queue: WorkQueue<WriteRequest>) {
        do throws(DatabaseError) {
            try transaction.begin()
        } catch {
            return abandon(&waiting, error)
        }
        var next = 0
        while next < waiting.count, failure == nil {
            runOne(waiting[next])
            next += 1
            if next == waiting.count, next < limit, monotonicNanoseconds() < deadline {
                queue.takeWaiting(upTo: limit - next, into: &waiting)
            }
        }
        waiting.removeFirst(next)
        commit()
    }

    private mutating func runOne(_ request: WriteRequest) {
        let waited = monotonicNanoseconds() &- request.queuedAt
        observer?.started(.write, waited: waited)
        request.span?.note(waited: waited)
        let result = transaction.run(request)
        requests.append((request, result.failure))
        if result.isRefused { refused += 1 }
        failure = transaction.lost
    }

    /// Without a transaction nothing can run: everything that waits is refused.
    private mutating func abandon(_ waiting: inout [WriteRequest], _ error: DatabaseError) {
        if case .busy = error { failure = error } else { failure = error.asUnavailable }
        requests = waiting.map { ($0, nil) }
        waiting.removeAll(keepingCapacity: true)
        isConnectionUsable = transaction.rollback() && failure == error
    }

    private mutating func commit() {
        guard failure == nil else {
            isConnectionUsable = transaction.rollback()
            return
        }
        let start = monotonicNanoseconds()
        do throws(DatabaseError) {
            try transaction.commit()
        } catch {
            failure = error.asUnavailable
            isConnectionUsable = false
        }
        commitNanoseconds = monotonicNanoseconds() &- start
    }

    /// What there is to say about it, once it has run.
    var report: BatchReport {
        let result: BatchReport.Result
        switch failure {
        case nil: result = .committed
        case .busy: result = .busy
        default: result = .failed
        }
        return BatchReport(
            result: result, requests: count, refused: refused, commitNanoseconds: commitNanoseconds)
    }

    /// Wakes all the tasks that wait.
    func answer() {
        for (request, itsFailure) in requests {
            if let span = request.span { span.end(batch: count, failure ?? itsFailure) }
            request.answer(failure ?? itsFailure)
        }
    }
}
