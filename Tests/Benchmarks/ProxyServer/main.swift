import Foundation
import HTTP
import HTTPTypes
import Sockets

// The least reverse proxy that HTTP's client and server make: what nginx's `proxy_pass` is compared with, and the
// floor under the gateway's own figure.
// Environment: PORT, BACKEND (a port of 127.0.0.1), EVENT_LOOPS.

let environment = ProcessInfo.processInfo.environment
let group = try EventLoopGroup(count: environment["EVENT_LOOPS"].flatMap(Int.init) ?? 1)
let client = HTTPClient(group: group, resolver: Resolver())
let backend = Endpoint(host: "127.0.0.1", port: environment["BACKEND"].flatMap(Int.init) ?? 8081)
let removed = FieldFilter(names: ["x-forwarded-for"], prefixes: ["tollgate-"])
let forwardedFor = HTTPField.Name("X-Forwarded-For")!

var configuration = HTTPServerConfiguration()
configuration.idleTimeout = .seconds(3600)
configuration.connectionLifetime = .seconds(86_400)
configuration.backlog = 16_384

let server = HTTPServer(configuration: configuration, group: group) { request in
    var outgoing = ClientRequest(forwarding: request, endpoint: backend, removing: removed)
    outgoing.fields[forwardedFor] = request.context.peer.ip
    return try Response(forwarding: try await client.execute(outgoing), removing: ["server"])
}
let address = try await server.start(host: "127.0.0.1", port: environment["PORT"].flatMap(Int.init) ?? 8080)
print("listening at \(address)")

while true { try await Task.sleep(for: .seconds(3600)) }
