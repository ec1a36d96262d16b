/// What `top` knows: the latest two looks at each service, and a short history. Pure; it is told the time.
struct TopModel: Sendable {
    /// One line of the table.
    struct Row: Sendable {
        let service: String
        /// Nil for the whole service.
        let route: ServiceScrape.Route?
        /// Requests per second.
        let rate: Double
        /// The share of 5xx.
        let errors: Double
        let p50: Double?
        let p99: Double?
    }

    /// Failures of one route between two looks.
    struct Trouble: Equatable, Sendable {
        /// Seconds since 1970.
        let time: Double
        let service: String
        let what: String
        let status: String
        let count: Int
    }

    /// One service as it is now.
    struct Service: Sendable {
        let address: String
        /// Nil while it does not answer.
        var latest: ServiceScrape?
        var problem: String?
        /// Cores in use.
        var cpu = 0.0
        /// The p50 and p99 of the last looks, oldest first; nil where nothing was asked.
        var p50: [Double?] = []
        var p99: [Double?] = []
        var rows: [Row] = []
        fileprivate var earlier: (scrape: ServiceScrape, time: Double)?
        /// When it was looked at last, seconds since 1970.
        var earlierTime: Double? { earlier?.time }
    }

    private(set) var services: [Service]
    /// The newest first.
    private(set) var troubles: [Trouble] = []

    static let history = 60
    private static let troubleLimit = 100

    init(addresses: [String]) { services = addresses.map { Service(address: $0) } }

    /// Takes in what the service at `index` answered at `time` (seconds since 1970).
    mutating func took(_ scrape: ServiceScrape, from index: Int, at time: Double) {
        let earlier = services[index].earlier
        // Without a look before, everything since the start counts: a table that is printed once has something to say.
        let span = max(0.001, time - (earlier?.time ?? scrape.startedAt))
        services[index].rows = Self.rows(scrape, since: earlier?.scrape, seconds: span)
        services[index].cpu = max(0, scrape.cpuSeconds - (earlier?.scrape.cpuSeconds ?? 0)) / span
        if let earlier { note(scrape, since: earlier.scrape, at: time) }
        let whole = services[index].rows.first
        services[index].p50 = Self.appended(services[index].p50, whole?.p50)
        services[index].p99 = Self.appended(services[index].p99, whole?.p99)
        services[index].latest = scrape
        services[index].problem = nil
        services[index].earlier = (scrape, time)
    }

    /// The service at `index` did not answer.
    mutating func missed(_ index: Int, _ problem: String) {
        services[index].latest = nil
        services[index].problem = problem
        services[index].rows = []
        services[index].p50 = Self.appended(services[index].p50, nil)
        services[index].p99 = Self.appended(services[index].p99, nil)
    }

    // MARK: - Rows

    /// The whole service, then its routes, the busiest first.
    private static func rows(_ now: ServiceScrape, since earlier: ServiceScrape?, seconds: Double) -> [Row] {
        var whole = ServiceScrape.Traffic()
        var rows: [Row] = []
        for (route, traffic) in now.routes {
            let new = traffic.since(earlier?.routes[route])
            rows.append(row(now.name, route, new, seconds))
            // Streams and long polls say nothing of how fast the service is.
            if !isLong(route) { whole.add(new) }
        }
        rows.sort { ($0.rate, $1.label) > ($1.rate, $0.label) }
        return [row(now.name, nil, whole, seconds)] + rows
    }

    private static func row(
        _ service: String, _ route: ServiceScrape.Route?, _ traffic: ServiceScrape.Traffic, _ seconds: Double
    ) -> Row {
        let failed = traffic.statuses.filter { $0.key.hasPrefix("5") }.values.reduce(0, +)
        return Row(
            service: service, route: route, rate: traffic.requests / seconds,
            errors: traffic.requests > 0 ? failed / traffic.requests : 0, p50: traffic.times.quantile(0.5),
            p99: traffic.times.quantile(0.99))
    }

    private static func isLong(_ route: ServiceScrape.Route) -> Bool {
        route.path.hasSuffix("/events") || route.path.hasSuffix("/events/stream")
    }

    // MARK: - Failures

    private mutating func note(_ now: ServiceScrape, since earlier: ServiceScrape, at time: Double) {
        for (route, traffic) in now.routes.sorted(by: { $0.key.path < $1.key.path }) {
            let new = traffic.since(earlier.routes[route])
            for (status, count) in new.statuses.sorted(by: { $0.key < $1.key })
            where status.hasPrefix("5") && count > 0 {
                troubles.insert(
                    Trouble(
                        time: time, service: now.name, what: "\(route.method) \(route.path)", status: status,
                        count: Int(count)), at: 0)
            }
        }
        troubles.removeLast(max(0, troubles.count - Self.troubleLimit))
    }

    private static func appended(_ values: [Double?], _ value: Double?) -> [Double?] {
        Array((values + [value]).suffix(history))
    }
}

extension TopModel.Row {
    /// What the line is about.
    var label: String { route.map { "\($0.method) \($0.path)" } ?? service }
}

extension ServiceScrape.Traffic {
    /// What came after `earlier`; everything where there is none, and after a restart.
    fileprivate func since(_ earlier: Self?) -> Self {
        guard let earlier, requests >= earlier.requests else { return self }
        var new = Self()
        new.times = times.since(earlier.times)
        new.requests = requests - earlier.requests
        for (status, count) in statuses { new.statuses[status] = max(0, count - (earlier.statuses[status] ?? 0)) }
        return new
    }

    fileprivate mutating func add(_ other: Self) {
        times.add(other.times)
        requests += other.requests
        for (status, count) in other.statuses { statuses[status, default: 0] += count }
    }
}
