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

    init(_ metrics: MetricsRegistry) {
        let wait = { (queue: DatabaseQueue) in
            metrics.histogram(
                DatabaseMetricSet.declared.queueWait, labels: ["queue": queue.rawValue])
        }
        (writeWait, readWait) = (wait(.write), wait(.read))
        batchSize = metrics.histogram(
            DatabaseMetricSet.declared.batchSize)
        commit = metrics.histogram(
            DatabaseMetricSet.declared.commit)
        let pairs = BatchReport.Result.allCases.map { result in
            let counter = metrics.counter(
                DatabaseMetricSet.declared.batches,
                labels: ["result": result.rawValue])
            return (result, counter)
        }
        batches = Dictionary(uniqueKeysWithValues: pairs)
        refused = metrics.counter(
            DatabaseMetricSet.declared.refusedWrites)
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
                    DatabaseMetricSet.declared.queueLength, labels: ["queue": queue.rawValue])
            }
            let size = { (file: String) in
                metrics.gauge(DatabaseMetricSet.declared.file, labels: ["file": file])
            }
            (queuedWrites, queuedReads) = (length(.write), length(.read))
            (mainSize, logSize) = (size("main"), size("wal"))
            threads = metrics.gauge(DatabaseMetricSet.declared.readerThreads)
            busy = metrics.gauge(DatabaseMetricSet.declared.busyReaders)
            writes = metrics.readCounter(DatabaseMetricSet.declared.writes)
            lost = metrics.readCounter(
                DatabaseMetricSet.declared.lostWrites)
            overloads = metrics.readCounter(
                DatabaseMetricSet.declared.overloads)
            reads = metrics.readCounter(DatabaseMetricSet.declared.reads)
            lookups = metrics.readCounter(DatabaseMetricSet.declared.lookups)
            checkpoints = metrics.readCounter(DatabaseMetricSet.declared.checkpoints)
            reopens = metrics.readCounter(
                DatabaseMetricSet.declared.reopens)
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
