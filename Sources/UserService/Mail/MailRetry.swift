/// When a mail is tried again. Pure.
struct MailRetry: Sendable, Equatable {
    /// Tries in all.
    var maximumAttempts = 12
    /// The wait after the first failure, in milliseconds; each further one doubles it.
    var first: Int64 = 2_000
    /// The longest wait, in milliseconds.
    var longest: Int64 = 3_600_000

    /// The wait after `attempts` tries, in milliseconds; nil gives up. Waits that would end when there is no point in the
    /// mail any more are none.
    ///
    /// - Parameter age: Of the mail, in milliseconds.
    func wait(after attempts: Int, age: Int64, life: Int64) -> Int64? {
        guard attempts < maximumAttempts else { return nil }
        let wait = attempts > 20 ? longest : min(longest, first << Int64(max(0, attempts - 1)))
        return age + wait < life ? wait : nil
    }
}
