import CPolling
import Foundation

/// The schedule and what came of it. One thread, one `ppoll` over all connections.
struct ConstantLoad {
    private let options: Options
    private let connections: [Connection]
    private var idle: [Int]
    private var histogram = Histogram()
    private var statuses: [Int: Int] = [:]
    private var lost = 0
    private var sent = 0
    /// When the last request was due that failed or was slow, in seconds from the start.
    private var lastTrouble = 0.0
    private let start: UInt64
    private let fixed: [UInt8]
    /// One entry for each connection; those without a request in flight have no descriptor and are passed over.
    private var polled: [pollfd]
    private var nextCheck: UInt64 = 0

    init(_ options: Options) {
        self.options = options
        connections = (0..<options.connections).map { Connection(ports: options.ports, first: $0) }
        polled = connections.map { _ in pollfd(fd: -1, events: Int16(POLLIN), revents: 0) }
        fixed = options.request(0)
        idle = Array(connections.indices)
        start = Self.now()
    }

    /// Sends everything and waits for what is still in flight.
    mutating func run() {
        let total = Int(options.rate * options.seconds)
        while sent < total || idle.count < connections.count {
            while sent < total, !idle.isEmpty, due(sent) <= Self.now() { sendNext() }
            let wake = sent < total && !idle.isEmpty ? due(sent) : Self.now() + 100_000_000
            wait(until: wake)
            giveUp()
        }
    }

    var report: String {
        let answered = statuses.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        let good = statuses.filter { (200..<300).contains($0.key) }.values.reduce(0, +)
        let times = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)].map { name, share in
            "\"\(name)_us\":\(histogram.quantile(share))"
        }
        return
            "{\"sent\":\(sent),\"ok\":\(good),\"failed\":\(sent - good),\"lost\":\(lost),\(times.joined(separator: ",")),"
            + "\"max_us\":\(histogram.maximum),\"last_trouble_s\":\(lastTrouble),\"statuses\":{\(answered)}}"
    }

    // MARK: - Steps

    private func due(_ number: Int) -> UInt64 { start + UInt64(Double(number) / options.rate * 1e9) }

    private mutating func sendNext() {
        let index = idle.removeLast()
        let due = due(sent)
        connections[index].due = due
        if connections[index].send(options.isFixed ? fixed : options.request(sent)) {
            polled[index].fd = connections[index].descriptor
        } else {
            end(index, status: nil)
        }
        sent += 1
    }

    /// Waits for answers until the next request is due.
    private mutating func wait(until wake: UInt64) {
        let now = Self.now()
        let left = wake > now ? wake - now : 0
        var limit = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        guard ppoll(&polled, nfds_t(polled.count), &limit, nil) > 0 else { return }
        for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
            switch connections[index].read() {
            case .waiting: continue
            case .answered(let status): end(index, status: status)
            case .lost: end(index, status: nil)
            }
        }
    }

    private mutating func giveUp() {
        let limit = UInt64(options.timeout * 1e9)
        let now = Self.now()
        guard now >= nextCheck else { return }
        nextCheck = now + 100_000_000
        for index in connections.indices {
            guard let due = connections[index].due, now > due, now - due > limit else { continue }
            connections[index].close()
            end(index, status: nil)
        }
    }

    private mutating func end(_ index: Int, status: Int?) {
        guard let due = connections[index].due else { return }
        connections[index].due = nil
        polled[index].fd = -1
        idle.append(index)
        let nanoseconds = Self.now() - due
        if let status {
            statuses[status, default: 0] += 1
            histogram.record(Int(nanoseconds / 1_000))
        } else {
            lost += 1
        }
        let isGood = status.map { (200..<300).contains($0) } ?? false
        if !isGood || Double(nanoseconds) > options.slow * 1e9 {
            lastTrouble = max(lastTrouble, Double(due - start) / 1e9)
        }
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
