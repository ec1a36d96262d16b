public import Chassis
import Storage

/// What every service with a database measures of it.
public struct DatabaseMetricSet: MetricSet {
    /// All of them.
    public static let declared = DatabaseMetricSet()

    /// Times in seconds, from 20 µs, which a commit takes on a fast disk, to a second.
    private static let timeBounds: [Double] = [
        0.00002, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
    ]

    let queueLength = Metric.gauge(
        "database_queue_length", .label("queue", ["write", "read"]),
        help: "Requests that wait for the database now.")
    let queueWait = Metric.histogram(
        "database_queue_wait_seconds", .label("queue", ["write", "read"]), bounds: Self.timeBounds,
        help: "How long requests waited for their turn at the database.")
    let overloads = Metric.readCounter(
        "database_overloads_total",
        help: "Requests turned away with 503 because a queue was full.")
    let batchSize = Metric.histogram(
        "database_batch_size", bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256], unitsPerValue: 1,
        help: "Write requests that shared a commit.")
    let batches = Metric.counter(
        "database_batches_total", .label("result", BatchReport.Result.self),
        help: "Batches of writes; alert on failed.")
    let commit = Metric.histogram(
        "database_commit_seconds", bounds: Self.timeBounds,
        help: "Time of COMMIT: the disk's share.")
    let writes = Metric.readCounter(
        "database_writes_total",
        help: "Write requests answered.")
    let refusedWrites = Metric.counter(
        "database_refused_writes_total",
        help: "Write requests that their own body refused.")
    let lostWrites = Metric.readCounter(
        "database_lost_writes_total",
        help: "Write requests whose batch did not commit: answered 503, outcome unknown.")
    let reads = Metric.readCounter(
        "database_reads_total",
        help: "Read transactions answered by the reader pool.")
    let lookups = Metric.readCounter(
        "database_lookups_total",
        help: "Single rows read on an event loop.")
    let readerThreads = Metric.gauge(
        "database_reader_threads",
        help: "Threads of the reader pool.")
    let busyReaders = Metric.gauge(
        "database_busy_readers",
        help: "Threads of the reader pool at work now.")
    let checkpoints = Metric.readCounter(
        "database_checkpoints_total",
        help: "Times that the log was folded into the database.")
    let reopens = Metric.readCounter(
        "database_reopens_total",
        help: "Times that the writer's connection was opened anew after a failure.")
    let file = Metric.gauge(
        "database_file_bytes", .label("file", ["main", "wal"]),
        help: "Size of the database on disk; a wal that only grows has a reader that does not end.")
}
