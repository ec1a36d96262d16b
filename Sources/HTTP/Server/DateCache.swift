import Sockets

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The `Date` line of answers (RFC 9110 section 6.6.1), written once a second. One per loop.
final class DateCache {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var second = -1
    private let line = ByteBuffer(capacity: 64)

    /// `Date: …` with its line end; valid until the next call.
    @inline(__always)
    var current: UnsafeRawBufferPointer {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_REALTIME_COARSE, &time)
        #else
            clock_gettime(CLOCK_REALTIME, &time)
        #endif
        if time.tv_sec != second { write(time.tv_sec) }
        return line.readable
    }

    @inline(never)
    private func write(_ time: Int) {
        second = time
        line.removeAll()
        line.append("Date: ")
        line.append(Self.text(time))
        line.append("\r\n")
    }

    /// An HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ time: Int) -> String {
        var seconds = time_t(time)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(weekdays[Int(parts.tm_wday)]), \(date) \(clock) GMT"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
