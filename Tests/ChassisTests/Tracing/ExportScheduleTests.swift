import Testing

@testable import Chassis

@Suite("Schedule of an export")
struct ExportScheduleTests {
    @Test("What OTLP calls retryable is sent again, everything else is not", arguments: 200...599)
    func statuses(_ status: Int) {
        var schedule = ExportSchedule(deadline: 30_000)
        let action = schedule.next(after: .status(status, retryAfter: nil), now: 0, random: { $0 })
        switch status {
        case 200..<300: #expect(action == .done)
        case 429, 502, 503, 504: #expect(action == .retry(after: 1_000))
        default: #expect(action == .drop)
        }
    }

    @Test("The delay doubles up to 16 s, at least half of it is kept, and the deadline ends it")
    func backoff() {
        var schedule = ExportSchedule(deadline: 100_000)
        let delays = (0..<7).map { _ in schedule.next(after: .noAnswer, now: 0, random: { _ in 0 }) }
        #expect(delays == [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000].map { .retry(after: $0) })
        #expect(schedule.next(after: .noAnswer, now: 92_000, random: { _ in 0 }) == .drop)
    }

    @Test("Retry-After is waited for, also by the batches behind")
    func retryAfter() {
        var schedule = ExportSchedule(deadline: 30_000)
        let action = schedule.next(after: .status(503, retryAfter: 7_000), now: 1_000, random: { $0 })
        #expect(action == .retry(after: 7_000))
        #expect(schedule.quietUntil == 8_000)
        let late = schedule.next(after: .status(429, retryAfter: 60_000), now: 9_000, random: { $0 })
        #expect(late == .drop)
        #expect(schedule.quietUntil == 69_000)
    }
}
