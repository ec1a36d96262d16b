import Chassis
import HTTP
import HTTPTypes

extension EventQuery {
    static let largestLimit = 100

    /// Reads `?after=`, `?limit=` (1 to 100, 20 when left out) and `?type=` (one or more, separated by commas). The field
    /// `Last-Event-ID` of a stream that comes back goes before `after`.
    ///
    /// - Throws: ``Problem`` 400 `invalid_query`.
    init(_ request: Request) throws(Problem) {
        let query = request.query
        if let text = request.field(.lastEventID) ?? query["after"] {
            guard text.utf8.count <= 19, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text)
            else { throw Self.invalid("after and Last-Event-ID are the sequence of an event.") }
            after = number
        }
        if let text = query["limit"] {
            guard let number = Int(text), (1...Self.largestLimit).contains(number) else {
                throw Self.invalid("limit must be a whole number from 1 to \(Self.largestLimit).")
            }
            limit = number
        }
        if let text = query["type"] {
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard names.allSatisfy({ Event.Kind(rawValue: $0) != nil }) else {
                throw Self.invalid("type must be one or more types of events, separated by commas.")
            }
            types = Set(names)
        }
    }

    private static func invalid(_ detail: String) -> Problem { Problem(.badRequest, "invalid_query", detail: detail) }
}
