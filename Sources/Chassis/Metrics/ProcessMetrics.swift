#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The `process_…` metrics that Prometheus client libraries agree on, read when somebody scrapes.
enum ProcessMetrics {
    /// Adds them to `registry`.
    static func install(in registry: MetricsRegistry, startedAt: Int64) {
        let cpu = registry.readCounter(ChassisMetricSet.declared.cpu)
        let memory = registry.gauge(ChassisMetricSet.declared.residentMemory)
        let open = registry.gauge(ChassisMetricSet.declared.openFds)
        let limit = registry.gauge(ChassisMetricSet.declared.maxFds)
        registry.gauge(ChassisMetricSet.declared.startTime)
            .set(Double(startedAt) / 1_000)
        registry.onCollect {
            cpu.set(cpuSeconds())
            memory.set(residentBytes())
            open.set(openDescriptors())
            limit.set(descriptorLimit())
        }
    }

    static func cpuSeconds() -> Double {
        var usage = rusage()
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
        #else
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #endif
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }

    /// Linux gives the present size; elsewhere the largest so far has to do.
    static func residentBytes() -> Double {
        if let text = try? FileAccess.readTrimmed("/proc/self/statm") {
            let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
            return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
        }
        var usage = rusage()
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
            return Double(usage.ru_maxrss)
        #else
            return 0
        #endif
    }

    static func openDescriptors() -> Double {
        #if canImport(Darwin)
            let names = try? FileAccess.list("/dev/fd")
        #else
            let names = try? FileAccess.list("/proc/self/fd")
        #endif
        // The listing itself had one open.
        return Double(max(0, (names?.count ?? 0) - 1))
    }

    private static func descriptorLimit() -> Double {
        var limit = rlimit()
        #if canImport(Darwin)
            getrlimit(RLIMIT_NOFILE, &limit)
        #else
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #endif
        return Double(limit.rlim_cur)
    }
}
