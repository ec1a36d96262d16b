import Chassis

extension RFC3339 {
    /// The time of a text in UTC, or of a date, which means its midnight in UTC; milliseconds since 1970.
    static func time(ofDateOrTime text: String) -> Int64? {
        milliseconds(text.utf8.count == 10 ? text + "T00:00:00Z" : text)
    }
}
