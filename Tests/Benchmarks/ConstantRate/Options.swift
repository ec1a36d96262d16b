import Foundation

/// What to send, how often and for how long: `name=value` arguments.
struct Options {
    /// Ports of 127.0.0.1, one for each replica.
    var ports: [UInt16] = []
    /// Requests per second.
    var rate = 1_000.0
    var seconds = 10.0
    var connections = 64
    var method = "GET"
    var path = "/"
    /// Further field lines.
    var fields: [String] = []
    var body = ""
    /// Each request gets `Idempotency-Key: PREFIX-number`.
    var keyPrefix: String?
    /// `CLAIMS.SIGNATURE` of tokens that each name another, unknown, key.
    var unknownKey: String?
    /// From when on an answer is slow, in seconds.
    var slow = 0.25
    /// A request without an answer for this long has failed, in seconds.
    var timeout = 10.0

    struct Malformed: Error { var argument: String }

    init(_ arguments: some Sequence<String>) throws {
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, set(parts[0], parts[1]) else { throw Malformed(argument: argument) }
        }
    }

    private mutating func set(_ name: String, _ value: String) -> Bool {
        switch name {
        case "port": return UInt16(value).map { ports.append($0) } != nil
        case "connections": return Int(value).map { connections = $0 } != nil
        case "rate": return Double(value).map { rate = $0 } != nil
        case "seconds": return Double(value).map { seconds = $0 } != nil
        case "slow": return Double(value).map { slow = $0 } != nil
        case "timeout": return Double(value).map { timeout = $0 } != nil
        case "method": method = value
        case "path": path = value
        case "field": fields.append(value)
        case "body": body = value
        case "key": keyPrefix = value
        case "unknown-key": unknownKey = value
        default: return false
        }
        return true
    }

    /// Whether every request is the same.
    var isFixed: Bool { keyPrefix == nil && unknownKey == nil }

    /// The bytes of request `number`.
    func request(_ number: Int) -> [UInt8] {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: bench"] + fields
        if let keyPrefix { lines.append("Idempotency-Key: \(keyPrefix)-\(number)") }
        if let unknownKey { lines.append("Authorization: Bearer \(header(number)).\(unknownKey)") }
        if !body.isEmpty { lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    private func header(_ number: Int) -> String {
        Data("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"unknown-\(number)\"}".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
