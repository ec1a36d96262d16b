import Chassis
import HTTP
import HTTPTypes
import JSON
import Sockets

/// The faults of all services, as an admin with a browser begins and ends them: the gateway's own ones here, the others' by
/// asking their service. Whoever changes something shows the admin token too.
struct FaultDesk: Sendable {
    /// The gateway's own; `nil` where the fault lab is off, and then there is nothing here.
    let own: FaultRoutes?
    let client: HTTPClient
    let upstreams: [Upstream]

    /// The name of the gateway among the services.
    private static let gateway = "gateway"
    private static let timeout = Duration.seconds(5)
    private static let largest = 64 << 10

    /// Proves to an upstream who asks.
    typealias Identity = @Sendable (Upstream) throws -> String?

    /// Answers a request of one of the lab's routes.
    /// - Throws: `Problem` 404 `fault_lab_off`; 403 `admin_token_required`; what the service says.
    func answer(_ request: Request, identity: Identity) async throws -> Response {
        guard let own else {
            throw Problem(.notFound, "fault_lab_off", detail: "The fault lab is off.")
        }
        if request.head.methodKind == .get || request.head.methodKind == .head {
            return try await list(request, own, identity)
        }
        try own.expectToken(request)
        switch request.head.methodKind {
        case .post: return try await begin(request, own, identity)
        default: return try await end(request, own, identity)
        }
    }

    // MARK: - Listing

    private func list(_ request: Request, _ own: FaultRoutes, _ identity: Identity) async throws -> Response {
        var json = JSONWriter(capacity: 4_096)
        json.beginObject()
        json.key("services")
        json.beginArray()
        json.value(try Self.entry(await own.list(request)))
        for upstream in known {
            let answer = try? await ask(upstream, .get, FaultRoutes.internalPath, request, identity)
            json.value(Self.entry(upstream, answer))
        }
        json.endArray()
        json.endObject()
        return .json(json.bytes).unstored
    }

    private static func entry(_ response: Response) throws -> JSONValue {
        guard case .bytes(let bytes) = response.body else { return .null }
        return state("on", try JSONValue(parsing: bytes))
    }

    private static func entry(_ upstream: Upstream, _ answer: Answer?) -> JSONValue {
        switch answer?.status.code {
        case 200: return state("on", (try? JSONValue(parsing: answer?.body ?? [])) ?? .null)
        case 404: return state("off", named: upstream)
        default: return state("unreachable", named: upstream)
        }
    }

    private static func state(_ state: String, _ document: JSONValue) -> JSONValue {
        .object([JSONValue.Member(name: "state", value: .string(state))] + (document.object ?? []))
    }

    private static func state(_ state: String, named upstream: Upstream) -> JSONValue {
        self.state(
            state, .object([JSONValue.Member(name: "service", value: .string(upstream.configuration.name))]))
    }

    // MARK: - Beginning and ending

    /// The body is what the service's own route takes, and `service`.
    private func begin(_ request: Request, _ own: FaultRoutes, _ identity: Identity) async throws -> Response {
        let bytes = try await request.body.collect()
        guard let members = try JSONValue(parsing: bytes).object else {
            throw JSONValidationError(errors: [JSONFieldError(pointer: "", detail: "must be an object")])
        }
        let service = members.first { $0.name == "service" }?.value.string
        let rest = JSONValue.object(members.filter { $0.name != "service" })
        var json = JSONWriter()
        json.value(rest)
        if service == Self.gateway { return try own.add(json.bytes, for: request) }
        guard let upstream = known.first(where: { $0.configuration.name == service }) else {
            let names = ([Self.gateway] + known.map(\.configuration.name)).joined(separator: ", ")
            throw JSONValidationError(
                errors: [JSONFieldError(pointer: "/service", detail: "must be one of \(names)")])
        }
        let answer = try await ask(upstream, .post, FaultRoutes.internalPath, request, identity, body: json.bytes)
        return Self.passedOn(answer)
    }

    /// `…/faults` ends all, `…/faults/{service}/{id}` one.
    private func end(_ request: Request, _ own: FaultRoutes, _ identity: Identity) async throws -> Response {
        let places = request.path.dropFirst(FaultRoutes.publicPath.count).split(separator: "/").map(String.init)
        guard places.count == 2 else { return try await endAll(request, own, identity) }
        if places[0] == Self.gateway { return try own.remove(places[1], for: request) }
        guard let upstream = known.first(where: { $0.configuration.name == places[0] }), Self.isID(places[1]) else {
            throw Problem.notFound
        }
        let target = "\(FaultRoutes.internalPath)/\(places[1])"
        return Self.passedOn(try await ask(upstream, .delete, target, request, identity))
    }

    private func endAll(_ request: Request, _ own: FaultRoutes, _ identity: Identity) async throws -> Response {
        let response = try await own.clear(request)
        var silent: [String] = []
        for upstream in known {
            let answer = try? await ask(upstream, .delete, FaultRoutes.internalPath, request, identity)
            if answer?.status.code != 204, answer?.status.code != 404 { silent.append(upstream.configuration.name) }
        }
        guard silent.isEmpty else {
            throw Problem(
                .badGateway, "bad_gateway",
                detail: "Not ended: those of \(silent.joined(separator: ", ")). They end by themselves.")
        }
        return response
    }

    /// What goes into the path of another service's route is what ids are made of.
    private static func isID(_ text: String) -> Bool {
        text.utf8.count <= 64
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    // MARK: - Asking a service

    private struct Answer {
        let status: HTTPResponse.Status
        let type: String?
        let body: [UInt8]
    }

    /// The upstreams that know who calls: the services of this system.
    private var known: [Upstream] { upstreams.filter { $0.configuration.audience != nil } }

    private func ask(
        _ upstream: Upstream, _ method: HTTPRequest.Method, _ target: String, _ request: Request,
        _ identity: Identity, body: [UInt8]? = nil
    ) async throws -> Answer {
        var call = ClientRequest(method: method, endpoint: upstream.endpoint, target: .text(target))
        if let token = request.field(FaultRoutes.tokenField) { call.fields[FaultRoutes.tokenField] = token }
        if let identity = try identity(upstream) { call.lines.append("Tollgate-Identity", identity) }
        if let body {
            call.fields[.contentType] = "application/json"
            call.body = .bytes(body)
        }
        call.origin = request.context
        call.timeout = Self.timeout
        call.connectTimeout = .seconds(1)
        let response = try await client.execute(call)
        return Answer(
            status: response.status, type: response.field(.contentType),
            body: try await response.body.collect(upTo: Self.largest))
    }

    private static func passedOn(_ answer: Answer) -> Response {
        var response = Response(status: answer.status, body: .bytes(answer.body))
        if answer.status == .noContent { response.body = .empty }
        if let type = answer.type { response.fields[.contentType] = type }
        return response.unstored
    }
}
