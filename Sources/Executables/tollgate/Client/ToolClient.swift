import HTTP
import HTTPTypes
import JSON
import Sockets

extension HTTPClient {
    /// A client for a few requests, on a loop of its own.
    /// - Throws: `SocketError` when the system has no descriptors left.
    static func ofTool() throws -> HTTPClient {
        HTTPClient(group: try EventLoopGroup(count: 1), resolver: Resolver())
    }

    /// Sends a request and reads its answer's body, of `limit` bytes at most, as JSON; `.null` where it is none.
    /// - Parameter name: Who is asked, for people.
    /// - Throws: ``Failure`` when there is no answer.
    func answer(
        _ request: ClientRequest, from name: String, upTo limit: Int
    ) async throws -> (status: Int, fields: HTTPFields, body: JSONValue) {
        do {
            let response = try await execute(request)
            let bytes = try await response.body.collect(upTo: limit)
            return (Int(response.status.code), response.fields, (try? JSONValue(parsing: bytes)) ?? .null)
        } catch {
            throw Failure("no answer from \(name) (\(error)): is the system running?")
        }
    }
}

extension JSONValue {
    /// The value as it is sent.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }

    /// The own words of a problem (RFC 9457); of a body that was refused, what is wrong with which member. Nil when it says
    /// nothing.
    var refusal: String? {
        let errors = (self["errors"]?.array ?? []).map { error in
            "\(error["pointer"]?.string?.dropFirst() ?? "") \(error["detail"]?.string ?? "")"
        }
        if !errors.isEmpty { return errors.joined(separator: "; ") }
        return self["detail"]?.string ?? self["title"]?.string
    }
}
