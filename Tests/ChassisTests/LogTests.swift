import HTTP
import JSON
import Logging
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import Chassis

/// Keeps what was written; can be made to stand still, as a full pipe does.
final class CapturedOutput: LogOutput {
    private let bytes = Mutex<[UInt8]>([])
    let gate = Mutex<Void>(())

    func write(_ lines: [UInt8]) {
        gate.withLock { _ in bytes.withLock { $0 += lines } }
    }

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

private func makeLogs(
    _ settings: [String: String] = ["LOG_FORMAT": "json"], output: CapturedOutput,
    clock: any WallClock = ManualWallClock()
) throws -> Logs {
    Logs(
        service: "gateway", version: "1.2.3", settings: try LogSettings(Settings(settings)), outputs: [output],
        clock: clock)
}

@Suite struct LogTests {
    @Test func writesOneJSONObjectALine() throws {
        let output = CapturedOutput()
        let logs = try makeLogs(output: output)
        let logger = logs.logger("gateway")
        logger.info(
            "listening \"here\"\n",
            metadata: [
                "port": .stringConvertible(8080), "on": .stringConvertible(true),
                "list": ["a", "b"], "more": ["x": "1"],
            ])
        logger.debug("not shown")
        logs.writer.flush()
        #expect(
            output.text == #"{"time":"2023-11-14T22:13:20.000Z","level":"info","message":"listening \"here\"\n","#
                + #""service":"gateway","version":"1.2.3","list":["a","b"],"more":{"x":"1"},"on":true,"port":8080}"#
                + "\n")
        for line in output.lines { _ = try JSONValue(parsing: Array(line.utf8)) }
    }

    @Test func writesTextForPeople() throws {
        let output = CapturedOutput()
        let logs = try makeLogs(["LOG_FORMAT": "text"], output: output)
        logs.logger("x").warning("slow\nline", metadata: ["ms": "12"])
        logs.writer.flush()
        #expect(output.text == "2023-11-14T22:13:20.000Z WARNING  gateway: slow\\nline ms=12\n")
    }

    @Test func everyCharacterStaysOneLineOfJSON() throws {
        var random = SeededGenerator.announced()
        let output = CapturedOutput()
        let logs = try makeLogs(output: output)
        for _ in 0..<500 {
            let text = String(decoding: random.bytes(20), as: UTF8.self)
            logs.logger("x").info("m", metadata: ["t": .string(text)])
        }
        logs.writer.flush()
        #expect(output.lines.count == 500)
        for line in output.lines { _ = try JSONValue(parsing: Array(line.utf8)) }
    }

    @Test func dropsAndCountsAccessLinesWhenFullAndNothingElse() throws {
        let output = CapturedOutput()
        let writer = LogWriter(outputs: [output], limit: 1_000, shards: 1)
        let line = [UInt8](repeating: UInt8(ascii: "a"), count: 99) + [0x0A]
        output.gate.withLock { _ in
            for _ in 0..<100 { writer.append(.drop) { bytes, _ in bytes += line } }
        }
        let dropped = Int(writer.droppedLines)
        // The queue may have taken one or two bufferfuls before it stood still at the gate.
        #expect((60...90).contains(dropped))
        for _ in 0..<100 { writer.append(.wait) { bytes, _ in bytes += Array("kept\n".utf8) } }
        writer.flush()
        #expect(output.lines.filter { $0 == "kept" }.count == 100)
        #expect(output.lines.filter { $0.hasPrefix("a") }.count == 100 - dropped)
    }

    @Test func losesNothingUnderConcurrency() async throws {
        let output = CapturedOutput()
        let writer = LogWriter(outputs: [output], limit: 4_096, shards: 2)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<1_000 {
                        writer.append(.wait) { bytes, _ in bytes += Array("\(task) \(number)\n".utf8) }
                    }
                }
            }
        }
        writer.flush()
        #expect(Set(output.lines).count == 8_000 && output.lines.count == 8_000)
    }

    @Test func writesSoonWithoutBeingAsked() async throws {
        let output = CapturedOutput()
        let logs = try makeLogs(output: output)
        for round in 1...3 {
            logs.logger("x").info("round")
            try await waitUntil("the line") { output.lines.count == round }
            // Long enough for the queue to go to sleep again.
            try await waitUntil("sleep") { logs.writer.isIdle }
        }
    }

    @Test func stampsEverySecondAnew() {
        var stamp = TimeStamp()
        for time in [0, 1, 999, 1_000, 59_999, 60_000, 86_400_000, 1_700_000_000_123] as [Int64] {
            var bytes: [UInt8] = []
            stamp.append(time, to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == RFC3339.string(time))
        }
    }

    @Test func writesWholeNumbers() {
        var random = SeededGenerator.announced()
        var numbers: [UInt64] = [0, 9, 10, 99, 100, 1_769_469_400_000_000_123, .max - 1, .max]
        for _ in 0..<1_000 { numbers.append(random.next() >> (random.next() % 64)) }
        for number in numbers {
            var bytes: [UInt8] = [0x3A]
            LineBuffer.append(number, to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == ":\(number)")
        }
    }

    @Test func writesHexadecimalDigits() {
        var random = SeededGenerator.announced()
        for number in [0, .max, 0x0123_4567_89ab_cdef] + (0..<1_000).map({ _ in random.next() >> (random.next() % 64) })
        {
            var bytes: [UInt8] = [0x3A]
            Hex.append(number, to: &bytes)
            let digits = String(number, radix: 16)
            #expect(
                String(decoding: bytes, as: UTF8.self) == ":" + String(repeating: "0", count: 16 - digits.count)
                    + digits)
        }
    }

    @Test(
        arguments: [
            (0, "0.000"), (999, "0.000"), (1_000, "0.001"), (12_345_678, "12.345"), (3_000_000_000, "3000.000"),
        ] as [(UInt64, String)])
    func writesMilliseconds(nanoseconds: UInt64, text: String) {
        var bytes: [UInt8] = []
        LineBuffer.appendMilliseconds(nanoseconds: nanoseconds, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}

@Suite struct RedactionTests {
    static let jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl"

    @Test(arguments: [
        "password", "user_password", "Authorization", "access_token", "refresh_token", "set-cookie", "client_secret",
        "email", "API_KEY",
    ])
    func hidesFieldsByName(name: String) throws {
        for format in ["json", "text"] {
            let output = CapturedOutput()
            let logs = try makeLogs(["LOG_FORMAT": format], output: output)
            logs.logger("x").error("m", metadata: [name: "hunter2", "outer": [name: "hunter2"]])
            logs.writer.flush()
            #expect(output.text.contains("[redacted]"))
            #expect(!output.text.split(separator: "outer")[0].contains("hunter2"))
            if format == "json" { #expect(!output.text.contains("hunter2")) }
        }
    }

    @Test(arguments: [
        ("sign-up of ada@example.org failed", "sign-up of [redacted] failed"),
        ("Authorization: Bearer abc.def-123, then", "Authorization: Bearer [redacted], then"),
        ("token \(jwt) refused", "token [redacted] refused"),
        ("<ada@example.org>", "<[redacted]>"), ("ada@example.org", "[redacted]"),
        ("user@host without a dot", "user@host without a dot"), ("@ alone", "@ alone"), ("plain", "plain"),
        ("eyJ is no token", "eyJ is no token"),
    ])
    func hidesTokensAndAddressesInText(text: String, shown: String) throws {
        #expect(Redaction.clean(text) == shown)
        let output = CapturedOutput()
        let logs = try makeLogs(output: output)
        logs.logger("x").info("\(text)", metadata: ["detail": "\(text)"])
        logs.writer.flush()
        #expect(!output.text.contains("ada@example.org") && !output.text.contains(Self.jwt))
    }
}

@Suite struct RotatedFileTests {
    @Test func keepsAFewFullFiles() throws {
        let directory = try TemporaryDirectory()
        let file = try RotatedFile(path: directory.file("log"), limit: 100, kept: 2)
        for number in 0..<10 { file.write(Array((String(repeating: "\(number)", count: 59) + "\n").utf8)) }
        #expect(try FileAccess.list(directory.path) == ["log", "log.1", "log.2"])
        #expect(try directory.read("log").hasPrefix("9"))
        #expect(try directory.read("log.1").hasPrefix("8"))
        #expect(try directory.read("log.2").hasPrefix("7"))
    }

    @Test func goesOnInAFileThatIsThere() throws {
        let directory = try TemporaryDirectory()
        try directory.write("old\n", to: "log")
        try RotatedFile(path: directory.file("log"), limit: 100, kept: 1).write(Array("new\n".utf8))
        #expect(try directory.read("log") == "old\nnew\n")
    }

    @Test func noticesThatTheFileWasMoved() throws {
        let directory = try TemporaryDirectory()
        let file = try RotatedFile(path: directory.file("log"), limit: 100, kept: 1)
        file.write(Array("first\n".utf8))
        try FileAccess.write([], to: directory.file("log"))
        file.write(Array("second\n".utf8))
        #expect(try directory.read("log") == "second\n")
    }

    @Test func saysWhichFileItCannotOpen() {
        #expect(throws: FileError.self) { try RotatedFile(path: "/nowhere/log", limit: 1, kept: 1) }
        let settings = try? LogSettings(Settings(["LOG_FILE": "/nowhere/log"]))
        #expect(throws: SettingsError.self) {
            try Logs(service: "x", version: "1", settings: #require(settings))
        }
    }
}

@Suite("Sampling of access lines")
struct AccessLogSampleTests {
    private func decision(
        _ sample: AccessLogSample, status: UInt64 = 200, milliseconds: UInt64 = 1, takesTime: Bool = false,
        isTruncated: Bool = false, trace: TraceContext = .generate()
    ) -> AccessLogSample.Decision {
        sample.decide(
            status: status, nanoseconds: milliseconds * 1_000_000, takesTime: takesTime, isTruncated: isTruncated,
            trace: trace)
    }

    @Test("What failed, was slow, broke off or is traced always has its line")
    func always() {
        let sample = AccessLogSample(ratio: 0, slow: 1_000_000_000, secret: 1)
        for status in [400, 404, 429, 500, 503] as [UInt64] { #expect(decision(sample, status: status) == .written) }
        #expect(decision(sample, milliseconds: 1_000) == .written)
        #expect(decision(sample, isTruncated: true) == .written)
        #expect(decision(sample, trace: .generate(isSampled: true)) == .written)
        #expect(decision(sample) == .leftOut)
        #expect(decision(sample, status: 304) == .leftOut)
        #expect(decision(sample, milliseconds: 60_000, takesTime: true) == .leftOut)
    }

    @Test("About as many have a line as the ratio says, whatever ids callers choose", arguments: [0.01, 0.25, 0.9])
    func share(_ ratio: Double) {
        var random = SeededGenerator.announced()
        let sample = AccessLogSample(ratio: ratio, slow: .max, secret: random.next())
        let count = 20_000
        // Ids that count upwards: the worst that a caller may do.
        let chosen = (1...UInt64(count)).count { id in
            decision(sample, trace: TraceContext(traceID: (0, id), spanID: 1, isSampled: false)) == .chosen
        }
        let deviation = (ratio * (1 - ratio) * Double(count)).squareRoot()
        #expect(abs(Double(chosen) - ratio * Double(count)) < 6 * deviation)
    }

    @Test("With a ratio of 1 no line says that it stands for others")
    func everything() {
        let sample = AccessLogSample(ratio: 1, slow: .max, secret: 1)
        for _ in 0..<100 { #expect(decision(sample) == .written) }
    }

    @Test("A ratio is a number from 0 to 1", arguments: ["-0.1", "1.1", "half", "nan"])
    func refused(_ text: String) {
        #expect(throws: SettingsError.self) { try LogSettings(Settings(["ACCESS_LOG_SAMPLE_RATIO": text])) }
    }
}
