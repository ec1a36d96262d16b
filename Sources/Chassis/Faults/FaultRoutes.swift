public import HTTP
public import HTTPTypes
import JSON

/// What a service answers about its faults: on the admin port to operators, on the service port to the gateway, which asks
/// for the console.
public struct FaultRoutes: Sendable {
    /// Where the gateway has them, for all services.
    public static let publicPath = "/api/v1/admin/faults"
    /// Where the gateway finds those of a service.
    public static let internalPath = "/internal/v1/faults"
    /// The field that carries the admin token where `Authorization` has the user's.
    public static let tokenField = HTTPField.Name("Tollgate-Admin-Token")!

    static let bodyLimit = 4 << 10

    /// The name of the service.
    let service: String
    let lab: FaultLab?
    let guardian: AdminToken

    /// The routes of a service; they are 404 where `FAULT_LAB` is not on.
    public init(_ chassis: Chassis) {
        self.init(service: chassis.name, lab: chassis.faults, guardian: chassis.adminToken)
    }

    init(service: String, lab: FaultLab?, guardian: AdminToken) {
        self.service = service
        self.lab = lab
        self.guardian = guardian
    }

    /// `/faults` on the admin port: the token is a bearer's.
    func installForOperators(in router: inout Router) {
        let guarded = { (handler: @escaping Handler) -> Handler in
            { request in try await guardian.handle(request, next: handler) }
        }
        router.get("/faults", guarded(list))
        router.post("/faults", bodyLimit: Self.bodyLimit, guarded(add))
        router.delete("/faults", bodyLimit: 0, guarded(clear))
        router.delete("/faults/{id}", bodyLimit: 0, guarded(remove))
    }

    /// ``internalPath`` on the service port. The router's middleware has to let the gateway in alone; whoever changes
    /// something proves to have the admin token too.
    public func installForGateway(in router: inout Router) {
        let guarded = { (handler: @escaping Handler) -> Handler in
            { request in
                _ = try expected()
                try expectToken(request)
                return try await handler(request)
            }
        }
        router.get(Self.internalPath, list)
        router.post(Self.internalPath, bodyLimit: Self.bodyLimit, guarded(add))
        router.delete(Self.internalPath, bodyLimit: 0, guarded(clear))
        router.delete("\(Self.internalPath)/{id}", bodyLimit: 0, guarded(remove))
    }

    /// Demands the admin token in ``tokenField``.
    /// - Throws: `Problem` 403 `admin_token_required`.
    public func expectToken(_ request: Request) throws(Problem) {
        guard guardian.admits(request.field(Self.tokenField)) else {
            request.context.reason = "admin_token"
            throw Problem(.forbidden, "admin_token_required", detail: "This needs the admin token.")
        }
    }

    // MARK: - Answers

    /// `{"service": …, "kinds": […], "upstreams": […], "data": […]}`.
    /// - Throws: `Problem` 404 `fault_lab_off`.
    @Sendable public func list(_ request: Request) async throws -> Response {
        let lab = try expected()
        let (faults, now) = lab.active
        let offer = lab.offer
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.member("service", service)
        let kinds = FaultKind.allCases.filter(offer.kinds.contains)
        json.member("kinds", JSONValue.array(kinds.map { .string($0.rawValue) }))
        json.member("upstreams", JSONValue.array(offer.upstreams().map { .string($0) }))
        json.key("data")
        json.beginArray()
        for fault in faults { fault.write(to: &json, now: now) }
        json.endArray()
        json.endObject()
        return .json(json.bytes).unstored
    }

    /// 201 with the fault.
    /// - Throws: `Problem` 404 `fault_lab_off`, 409; what a wrong body throws.
    @Sendable public func add(_ request: Request) async throws -> Response {
        let lab = try expected()
        return try begin(try await request.body.collect(), in: lab, request)
    }

    /// ``add(_:)`` with another body than the request's.
    public func add(_ body: [UInt8], for request: Request) throws -> Response {
        try begin(body, in: try expected(), request)
    }

    private func begin(_ body: [UInt8], in lab: FaultLab, _ request: Request) throws -> Response {
        let specification = try FaultReader(offer: lab.offer).specification(body)
        let fault = try lab.begin(specification, by: request.context.caller ?? "admin")
        var json = JSONWriter()
        fault.write(to: &json, now: lab.active.now)
        return .json(json.bytes, status: .created).unstored
    }

    /// 204.
    /// - Throws: `Problem` 404 `fault_lab_off`, `not_found`.
    @Sendable public func remove(_ request: Request) async throws -> Response {
        try remove(request.parameters["id"] ?? "", for: request)
    }

    /// ``remove(_:)`` of another id than the route's.
    public func remove(_ id: String, for request: Request) throws -> Response {
        let lab = try expected()
        guard lab.end(id, by: request.context.caller ?? "admin") else {
            throw Problem(.notFound, "not_found", detail: "No such fault is active.")
        }
        return .empty()
    }

    /// 204.
    /// - Throws: `Problem` 404 `fault_lab_off`.
    @Sendable public func clear(_ request: Request) async throws -> Response {
        try expected().endAll(by: request.context.caller ?? "admin")
        return .empty()
    }

    private func expected() throws(Problem) -> FaultLab {
        guard let lab else {
            throw Problem(
                .notFound, "fault_lab_off",
                detail: "The fault lab of \(service) is off: it has to be started with FAULT_LAB=on.")
        }
        return lab
    }
}
