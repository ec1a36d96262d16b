#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What is to be known of every service that runs: its version, its disk, its key.
enum ServiceMetrics {
    /// Adds them to `registry`; all but the version are read when somebody looks.
    static func install(in registry: MetricsRegistry, _ chassis: Chassis) {
        registry.gauge(
            ChassisMetricSet.declared.buildInfo, labels: ["service": chassis.name, "version": chassis.version]
        ).set(1)
        let free = registry.gauge(ChassisMetricSet.declared.dataFree)
        let size = registry.gauge(ChassisMetricSet.declared.dataSize)
        let keyAge = registry.gauge(ChassisMetricSet.declared.identityKeyAge)
        let folded = registry.readCounter(ChassisMetricSet.declared.foldedLabelSets)
        let (directory, identity, clock) = (chassis.listen.dataDirectory, chassis.identity, chassis.clock)
        registry.onCollect { [unowned registry] in
            folded.set(Double(registry.foldedLabelSets))
            if let disk = disk(of: directory) {
                free.set(disk.free)
                size.set(disk.size)
            }
            keyAge.set(identity.keyWrittenAt.map { Double(max(0, clock.now - $0)) / 1_000 } ?? 0)
        }
    }

    /// Bytes of the file system that holds `path`: what a process without privileges may still write, and all of it.
    /// Nil when the path is not there.
    static func disk(of path: String) -> (free: Double, size: Double)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let block = Double(status.f_frsize)
        return (Double(status.f_bavail) * block, Double(status.f_blocks) * block)
    }
}
