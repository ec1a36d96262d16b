import HTTP
import HTTPTypes
import JSON
import Sockets

/// Speaks with the admin port of user-service, by the admin token.
struct OperatorClient: Sendable {
    private let base: HTTPURL
    private let url: String
    private let token: String
    private let http: HTTPClient

    /// - Throws: ``Failure`` when the URL is none or the token cannot be read.
    init(url: String, tokenFile: String) throws {
        base = try HTTPURL(checking: url)
        self.url = url
        token = try AdminTokenFile.read(tokenFile)
        http = try .ofTool()
    }

    /// Makes an admin.
    /// - Returns: The user's id.
    /// - Throws: ``Failure`` with what is wrong.
    func createAdmin(email: String, password: String, name: String) async throws -> String {
        var json = JSONWriter()
        json.beginObject()
        json.member("email", email)
        json.member("password", password)
        json.member("name", name)
        json.endObject()
        let (status, body) = try await post("/admins", json.bytes)
        guard status == 201, case .string(let id)? = body["id"] else {
            throw Failure(body.refusal ?? "user-service answered with \(status)")
        }
        return id
    }

    /// How often a service that has too much to do is asked again.
    private static let patience = 60

    /// Asks again while the service sheds load, as its `Retry-After` says.
    private func post(_ path: String, _ body: [UInt8]) async throws -> (status: Int, body: JSONValue) {
        for _ in 0..<Self.patience {
            let (status, fields, answer) = try await send(path, body)
            guard status == 503, let seconds = fields[.retryAfter].flatMap({ Int($0) }), seconds <= 10 else {
                return (status, answer)
            }
            try await Task.sleep(for: .seconds(seconds))
        }
        let (status, _, answer) = try await send(path, body)
        return (status, answer)
    }

    private func send(
        _ path: String, _ body: [UInt8]
    ) async throws -> (status: Int, fields: HTTPFields, body: JSONValue) {
        var request = ClientRequest(
            method: .post, endpoint: base.endpoint, target: .text(path),
            fields: [.contentType: "application/json", .authorization: "Bearer \(token)"])
        request.body = .bytes(body)
        request.timeout = .seconds(15)
        return try await http.answer(request, from: url, upTo: 1 << 16)
    }
}
