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
        let (status, _, document) = try await http.answer(request, from: service, upTo: 1 << 20)
        if status == 401 { throw Failure("\(service): it does not take the admin token") }
        guard (200..<300).contains(status) else {
            throw Failure("\(service): \(document.refusal ?? "status \(status)")")
        }
        return document
    }
}
