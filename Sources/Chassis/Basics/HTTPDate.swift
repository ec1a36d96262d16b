/// Times as fields of HTTP say them (RFC 9110 section 5.6.7), in whole seconds and in UTC.
public enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Milliseconds since 1970 of a text in any of the three forms that a recipient has to know; `nil` for anything else.
    /// The name of the day is not looked at.
    ///
    /// - Parameter now: Milliseconds since 1970. The two digits of a year in the form of RFC 850 mean the one that is not
    ///   more than 50 years after it.
    public static func milliseconds(_ text: String, now: Int64) -> Int64? {
        guard text.utf8.count <= 40 else { return nil }
        let words = text.split(separator: " ").map(String.init)
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT
        case 6 where words[0].hasSuffix(",") && words[5] == "GMT":
            return time(year: words[3], month: words[2], day: words[1], clock: words[4])
        // Sun Nov  6 08:49:37 1994
        case 5:
            let day = words[2].utf8.count == 1 ? "0\(words[2])" : words[2]
            return time(year: words[4], month: words[1], day: day, clock: words[3])
        // Sunday, 06-Nov-94 08:49:37 GMT
        case 4 where words[0].hasSuffix(",") && words[3] == "GMT":
            let parts = words[1].split(separator: "-").map(String.init)
            guard parts.count == 3, let year = wholeYear(parts[2], now: now) else { return nil }
            return time(year: year, month: parts[1], day: parts[0], clock: words[2])
        default: return nil
        }
    }

    /// A leap second counts as the one before it.
    private static func time(year: String, month: String, day: String, clock: String) -> Int64? {
        guard year.utf8.count == 4, day.utf8.count == 2, clock.utf8.count == 8,
            let index = months.firstIndex(of: month)
        else { return nil }
        let clock = clock.hasSuffix(":60") ? clock.dropLast(2) + "59" : clock[...]
        return RFC3339.milliseconds("\(year)-\(index < 9 ? "0" : "")\(index + 1)-\(day)T\(clock)Z")
    }

    private static func wholeYear(_ digits: String, now: Int64) -> String? {
        guard digits.utf8.count == 2, let last = Int(digits), last >= 0, let this = Int(RFC3339.string(now).prefix(4))
        else { return nil }
        let year = this / 100 * 100 + last
        return "\(year > this + 50 ? year - 100 : year)"
    }
}
