import Foundation
import HTTP
import Sockets

// The server of the benchmarks' first case: one fixed JSON answer to everything, as nginx's `return 200` gives.
// Environment: PORT, EVENT_LOOPS, BODY; CAPACITY, the most requests a second that it answers, one loop only: further ones
// queue, as behind a database. Kept connections live as long as those of the nginx it is compared with.

let environment = ProcessInfo.processInfo.environment
let body = Array((environment["BODY"] ?? #"{"status":"ok"}"#).utf8)
let group = try EventLoopGroup(count: environment["EVENT_LOOPS"].flatMap(Int.init) ?? 1)

var configuration = HTTPServerConfiguration()
configuration.idleTimeout = .seconds(3600)
configuration.connectionLifetime = .seconds(86_400)
configuration.backlog = 16_384
if let accepting = environment["ACCEPTING"] {
    configuration.accepting = accepting == "handing-out" ? .handingOut : .sharedPort
}

let queue = environment["CAPACITY"].flatMap(Double.init).map { ServiceQueue(perSecond: $0) }
let server = HTTPServer(configuration: configuration, group: group) { request in
    if let queue, let loop = request.context.loop { await loop.sleep(for: queue.wait(now: loop.now)) }
    return .json(body)
}
let address = try await server.start(host: "127.0.0.1", port: environment["PORT"].flatMap(Int.init) ?? 8080)
FileHandle.standardOutput.write(Data("listening at \(address)\n".utf8))

while true { try await Task.sleep(for: .seconds(3600)) }
