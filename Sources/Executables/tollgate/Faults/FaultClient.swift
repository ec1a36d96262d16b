import HTTP
import HTTPTypes
import JSON
import Sockets

/// Speaks with `/faults` on the admin port of one service.
struct FaultClient: Sendable {
    let service: String
    private let base: HTTPURL
    private let token: String
    private let http: HTTPClient

    /// - Throws: ``Failure`` when the URL is none.
    init(service: String, url: String, token: String) throws {
        self.service = service
        base = try HTTPURL(checking: url)
        self.token = token
        http = try .ofTool()
    }

    /// Sends a request and returns the document of its answer; `.null` where there is none.
    /// - Throws: ``Failure`` with what is wrong.
    func send(_ method: HTTPRequest.Method, _ target: String = "/faults", body: [UInt8]? = nil) async throws
        -> JSONValue
    {
        var request = ClientRequest(
            method: method, endpoint: base.endpoint, target: .text(target),
            fields: [.authorization: "Bearer \(token)"])
        if let body {
            request.fields[.contentType] = "application/json"
            request.body = .bytes(body)
        }
        request.timeout = .seconds(10)
        let (status, document) = try await answer(request)
        guard (200..<300).contains(status) else { throw Failure("\(service): \(Self.refusal(status, document))") }
        return document
    }

    private func answer(_ request: ClientRequest) async throws -> (status: Int, document: JSONValue) {
        do {
            let response = try await http.execute(request)
            let bytes = try await response.body.collect(upTo: 1 << 20)
            return (Int(response.status.code), (try? JSONValue(parsing: bytes)) ?? .null)
        } catch {
            throw Failure("no answer from \(service) (\(error)): is the system running?")
        }
    }

    /// The answer's own words; of a body that was refused, what is wrong with which member.
    private static func refusal(_ status: Int, _ body: JSONValue) -> String {
        if status == 401 { return "it does not take the admin token" }
        let errors = (body["errors"]?.array ?? []).map { error in
            "\(error["pointer"]?.string?.dropFirst() ?? "") \(error["detail"]?.string ?? "")"
        }
        if !errors.isEmpty { return errors.joined(separator: "; ") }
        return body["detail"]?.string ?? body["title"]?.string ?? "status \(status)"
    }
}
