/// For how long somebody who is called asks to be left alone (RFC 9110 section 10.2.3). Pure.
public enum RetryAfter {
    /// No receiver is left alone for longer: an hour, in milliseconds.
    public static let longest: Int64 = 3_600_000

    /// Milliseconds from now on, `longest` at most; nil for what is neither a number of seconds nor a date.
    ///
    /// - Parameter now: Milliseconds since 1970.
    public static func wait(_ text: String, now: Int64) -> Int64? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let seconds = Int64(text), seconds < longest / 1_000 else { return longest }
            return seconds * 1_000
        }
        guard let time = HTTPDate.milliseconds(text, now: now) else { return nil }
        return min(longest, max(0, time - now))
    }
}
