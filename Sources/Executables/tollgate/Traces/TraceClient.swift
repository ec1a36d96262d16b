import HTTP
import HTTPTypes
import JSON
import Sockets

/// Asks the admin ports of the services for the traces in their memory.
struct TraceClient: Sendable {
    private let ports: [(name: String, base: HTTPURL)]
    private let token: String
    private let http: HTTPClient

    /// - Parameters:
    ///   - data: The data directory of a running `up`: where its services listen, and its admin token.
    ///   - urls: Admin ports instead of those.
    ///   - tokenFile: The admin token instead of that.
    /// - Throws: ``Failure``.
    init(data: String, urls: [String], tokenFile: String?) throws {
        let found =
            urls.isEmpty
            ? try SystemAddresses(readingFrom: data).adminURLs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            : urls.map { ($0, $0) }
        ports = try found.map { name, url in (name, try HTTPURL(checking: url)) }
        token = try AdminTokenFile.read(tokenFile ?? "\(data)/keys/admin/token")
        http = try .ofTool()
    }

    /// What services answered, and which of them did not.
    struct Found: Sendable {
        var documents: [JSONValue] = []
        var silent: [String] = []
    }

    /// Asks all services at once.
    /// - Throws: ``Failure`` when none of them answers, or one does not take the token or the question.
    func get(_ target: String) async throws -> Found {
        let answers = try await withThrowingTaskGroup(of: (Int, JSONValue?).self) { group in
            for (index, port) in ports.enumerated() {
                group.addTask { (index, try await ask(port.name, port.base, target)) }
            }
            return try await group.reduce(into: [Int: JSONValue?]()) { $0[$1.0] = $1.1 }
        }
        var found = Found()
        for (index, port) in ports.enumerated() {
            switch answers[index] {
            case .some(.some(.null)): continue
            case .some(.some(let document)): found.documents.append(document)
            case .some(nil), nil: found.silent.append(port.name)
            }
        }
        guard found.silent.count < ports.count else {
            throw Failure("no answer from \(found.silent.joined(separator: ", ")): is the system running?")
        }
        return found
    }

    /// - Returns: The answer; `.null` when there is nothing (404), `nil` when the service does not answer.
    private func ask(_ name: String, _ base: HTTPURL, _ target: String) async throws -> JSONValue? {
        var request = ClientRequest(
            method: .get, endpoint: base.endpoint, target: .text(target), fields: [.authorization: "Bearer \(token)"])
        request.timeout = .seconds(10)
        guard let response = try? await http.execute(request),
            let bytes = try? await response.body.collect(upTo: 64 << 20)
        else { return nil }
        let document = try? JSONValue(parsing: bytes, limits: JSONLimits(bytes: 64 << 20))
        switch response.status.code {
        case 200: return document
        case 404: return .null
        case 401: throw Failure("\(name) does not take the admin token")
        default: throw Failure("\(name): \(document?["detail"]?.string ?? "status \(response.status.code)")")
        }
    }
}
