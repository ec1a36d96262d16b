#if os(Linux)
    import Foundation
    import TestSupport
    import Testing

    @Suite("Server: out of descriptors", .timeLimit(.minutes(1)))
    struct DescriptorExhaustionTests {
        /// A server process that may open few descriptors: the limit is the process's, so it cannot be the test's own.
        private final class LimitedServer {
            let process = Process()
            let log = Pipe()
            let port: Int

            init(descriptors: Int) throws {
                let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
                let program = folder.appendingPathComponent("bench-server").path
                let output = Pipe()
                process.executableURL = URL(fileURLWithPath: "/bin/sh")
                process.arguments = ["-c", "ulimit -n \(descriptors); exec \(program)"]
                process.environment = ["PORT": "0", "EVENT_LOOPS": "1"]
                process.standardOutput = output
                process.standardError = log
                try process.run()
                let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
                let digits = line.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
                port = try #require(Int(digits), "no port in '\(line)'")
            }

            /// Ends the process and returns what it logged.
            func end() -> String {
                process.terminate()
                process.waitUntilExit()
                return String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            }
        }

        @Test("accepting pauses, says so once, and goes on when there are descriptors again")
        func pausesAndResumes() async throws {
            let log = try await onThread {
                let server = try LimitedServer(descriptors: 40)
                var clients: [RawClient] = []
                for _ in 0..<60 {
                    let client = try RawClient(port: server.port)
                    try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    clients.append(client)
                }
                // Those who are served make room, one by one, for those who wait in the backlog.
                for client in clients {
                    #expect(try client.readAnswer().statusLine == "HTTP/1.1 200 OK")
                    client.close()
                }
                return server.end()
            }
            // Once for each time that room ran out, not once for each attempt: ten a second would fill a disk.
            let pauses = log.ranges(of: "not accepting connections").count
            #expect((1...30).contains(pauses))
            #expect(log.contains("accepting connections again"))
        }
    }
#endif
