import Chassis
import Storage

/// The `database_…` metrics: what the database tells of each batch, and what it is asked for when somebody scrapes.
final class DatabaseMetrics: DatabaseObserver {
    private let writeWait: HistogramMetric
    private let readWait: HistogramMetric
    private let batchSize: HistogramMetric
    private let commit: HistogramMetric
    private let batches: [BatchReport.Result: CounterMetric]
    private let refused: CounterMetric

    /// Bounds of times in seconds, from 20 µs, which a commit takes on a fast disk, to a second.
    static let timeBounds: [Double] = [
        0.00002, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
    ]

    init(_ metrics: MetricsRegistry) {
        let wait = { (queue: DatabaseQueue) in
            metrics.histogram(
                "database_queue_wait_seconds", help: "How long requests waited for their turn.",
                bounds: Self.timeBounds, labels: ["queue": queue.rawValue])
        }
        (writeWait, readWait) = (wait(.write), wait(.read))
        batchSize = metrics.histogram(
            "database_batch_size", help: "Write requests that shared a commit.",
            bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256], unitsPerValue: 1)
        commit = metrics.histogram(
            "database_commit_seconds", help: "Time of COMMIT: the disk's share.", bounds: Self.timeBounds)
        let pairs = BatchReport.Result.allCases.map { result in
            let counter = metrics.counter(
                "database_batches_total", help: "Batches of writes, by how they ended.",
                labels: ["result": result.rawValue])
            return (result, counter)
        }
        batches = Dictionary(uniqueKeysWithValues: pairs)
        refused = metrics.counter(
            "database_refused_writes_total", help: "Write requests that their own body refused.")
    }

    func started(_ queue: DatabaseQueue, waited nanoseconds: UInt64) {
        (queue == .write ? writeWait : readWait).observe(units: nanoseconds)
    }

    func ended(_ batch: BatchReport) {
        batches[batch.result]?.increment()
        refused.increment(by: UInt64(batch.refused))
        guard batch.result == .committed else { return }
        batchSize.observe(units: UInt64(batch.requests))
        commit.observe(units: batch.commitNanoseconds)
    }
}

extension DatabaseMetrics {
    /// Reads the database's own counters before each exposition.
    func collect(from database: SQLiteDatabase, path: String, into metrics: MetricsRegistry) {
        let gauges = Gauges(metrics)
        metrics.onCollect { [weak database] in
            guard let statistics = database?.statistics else { return }
            gauges.show(statistics)
            gauges.mainSize.set(Double(FileAccess.version(of: path)?.size ?? 0))
            gauges.logSize.set(Double(FileAccess.version(of: path + "-wal")?.size ?? 0))
        }
    }

    private struct Gauges: Sendable {
        let queuedWrites, queuedReads, threads, busy, mainSize, logSize: GaugeMetric
        let writes, lost, overloads, reads, lookups, checkpoints, reopens: GaugeMetric

        init(_ metrics: MetricsRegistry) {
            let length = { (queue: DatabaseQueue) in
                metrics.gauge(
                    "database_queue_length", help: "Requests that wait now.", labels: ["queue": queue.rawValue])
            }
            let size = { (file: String) in
                metrics.gauge("database_file_bytes", help: "Size on disk.", labels: ["file": file])
            }
            (queuedWrites, queuedReads) = (length(.write), length(.read))
            (mainSize, logSize) = (size("main"), size("wal"))
            threads = metrics.gauge("database_reader_threads", help: "Threads of the reader pool.")
            busy = metrics.gauge("database_busy_readers", help: "Threads of the reader pool at work.")
            writes = metrics.floatingCounter("database_writes_total", help: "Write requests answered.")
            lost = metrics.floatingCounter(
                "database_lost_writes_total", help: "Write requests whose batch did not commit.")
            overloads = metrics.floatingCounter(
                "database_overloads_total", help: "Requests turned away because a queue was full.")
            reads = metrics.floatingCounter("database_reads_total", help: "Read transactions answered.")
            lookups = metrics.floatingCounter("database_lookups_total", help: "Lookups of single rows answered.")
            checkpoints = metrics.floatingCounter("database_checkpoints_total", help: "Checkpoints of the log.")
            reopens = metrics.floatingCounter(
                "database_reopens_total", help: "Times that the writer's connection was opened anew.")
        }

        func show(_ statistics: DatabaseStatistics) {
            queuedWrites.set(statistics.queuedWrites)
            queuedReads.set(statistics.queuedReads)
            threads.set(statistics.readerThreads)
            busy.set(statistics.busyReaders)
            writes.set(statistics.writes)
            lost.set(statistics.lostWrites)
            overloads.set(statistics.overloads)
            reads.set(statistics.reads)
            lookups.set(statistics.lookups)
            checkpoints.set(statistics.checkpoints)
            reopens.set(statistics.reopens)
        }
    }
}
