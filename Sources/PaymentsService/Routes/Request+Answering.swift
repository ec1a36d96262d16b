import Chassis
import HTTP
import JSON

/// What all GET routes of this service do: check the scope, read what belongs to the caller, answer with it.
extension Request {
    /// The object that the path's `id` names.
    ///
    /// - Parameter find: gets the caller and the id; `nil` is 404: another user's object is like one that is not there.
    func document(
        allowedTo scope: String, find: (_ subject: String, _ id: String) async throws -> (some JSONWritable)?
    ) async throws -> Response {
        let subject = try self.subject(allowedTo: scope)
        guard let found = try await find(subject, try parameters.require("id")) else { throw Problem.notFound }
        return .json(found.json)
    }

    /// A page of the list `kind`.
    ///
    /// - Parameters:
    ///   - key: what the next page goes on after: the key of a row.
    ///   - find: gets the caller and what was asked for; `nil` is 404.
    func page<Row: JSONWritable>(
        of kind: String, allowedTo scope: String, key: (Row) -> String,
        find: (_ subject: String, _ query: ListQuery) async throws -> [Row]?
    ) async throws -> Response {
        let subject = try self.subject(allowedTo: scope)
        let query = try ListQuery(self, kind: kind)
        guard let found = try await find(subject, query) else { throw Problem.notFound }
        return query.page(found, key: key) { row, json in row.write(to: &json) }
    }
}
