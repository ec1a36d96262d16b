/// What every service measures, whatever it does.
public struct ChassisMetricSet: MetricSet {
    /// All of them.
    public static let declared = ChassisMetricSet()

    /// Requests by method, status and matched route.
    public let requestDuration = Metric.histogram(
        "http_server_request_duration_seconds", "http_request_method", "http_response_status_code", "http_route",
        help: "Duration of requests by matched route: rate, errors and duration in one.")
    let activeRequests = Metric.gauge(
        "http_server_active_requests",
        help: "Requests in flight.")
    let openConnections = Metric.gauge(
        "http_server_open_connections",
        help: "Open connections.")
    let acceptedConnections = Metric.readCounter(
        "http_server_accepted_connections_total",
        help: "Connections accepted.")
    let refusedConnections = Metric.readCounter(
        "http_server_refused_connections_total",
        help: "Connections refused because there were too many.")
    let eventLoopLag = Metric.histogram(
        "tollgate_event_loop_lag_seconds", "loop", bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
        help: "How late timers of an event loop fire.")
    let blockingRunning = Metric.gauge(
        "tollgate_blocking_running",
        help: "Pieces of work that block a thread now.")
    let blockingWaiting = Metric.gauge(
        "tollgate_blocking_waiting",
        help: "Pieces of work that wait for a thread that they may block.")
    let logDroppedLines = Metric.readCounter(
        "tollgate_log_dropped_lines_total",
        help: "Access lines dropped because the log was slow.")
    let cpu = Metric.readCounter(
        "process_cpu_seconds_total",
        help: "User and system CPU time.")
    let residentMemory = Metric.gauge(
        "process_resident_memory_bytes",
        help: "Resident memory.")
    let openFds = Metric.gauge(
        "process_open_fds",
        help: "Open file descriptors.")
    let maxFds = Metric.gauge(
        "process_max_fds",
        help: "Most file descriptors that may be open.")
    let startTime = Metric.gauge(
        "process_start_time_seconds",
        help: "Start of the process since 1970.")
    let clientConnections = Metric.gauge(
        "http_client_connections", "address", .label("state", ["idle", "leased", "connecting"]),
        help: "Connections to other services by what they do, read once a second.")
    let clientWaiting = Metric.gauge(
        "http_client_waiting", "address",
        help: "Requests that wait for a connection, read once a second.")
    let buildInfo = Metric.gauge(
        "tollgate_build_info", "service", "version",
        help: "1; what runs here.")
    let dataFree = Metric.gauge(
        "tollgate_data_free_bytes",
        help: "What is free on the disk of the data directory.")
    let dataSize = Metric.gauge(
        "tollgate_data_size_bytes",
        help: "The size of the disk of the data directory.")
    let identityKeyAge = Metric.gauge(
        "tollgate_identity_key_age_seconds",
        help: "Age of the file of the key that signs calls to other services; 0 where the key is of the environment.")
    let foldedLabelSets = Metric.readCounter(
        "tollgate_metrics_folded_label_sets_total",
        help: "Label sets that were counted under other, because a metric had more than 1,000 of them.")
    let activeFaults = Metric.gauge(
        "tollgate_faults_active", .label("kind", FaultKind.self),
        help: "Faults of the fault lab that are active; not there unless FAULT_LAB=on.")
    let injectedFaults = Metric.counter(
        "tollgate_faults_injected_total", .label("kind", FaultKind.self),
        help: "How often the fault lab has struck.")
    let exportedSpans = Metric.counter(
        "traces_exported_spans_total",
        help: "Spans that a collector took.")
    let lostSpans = Metric.counter(
        "traces_lost_spans_total", .label("reason", TraceMetrics.Loss.self),
        help: "Spans that were to be exported and were not.")
    let exportRequests = Metric.counter(
        "traces_export_requests_total", .label("result", TraceMetrics.Result.self),
        help: "Requests to the collector, by how they ended.")
    let queuedSpans = Metric.gauge(
        "traces_queued_spans",
        help: "Spans that wait to be exported.")
    let ringTraces = Metric.gauge(
        "traces_ring_traces",
        help: "Traces that are kept in memory.")
    let ringBytes = Metric.gauge(
        "traces_ring_bytes",
        help: "About the memory of the traces that are kept.")
}
