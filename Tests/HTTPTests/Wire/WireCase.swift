import HTTPTypes
import Testing

@testable import HTTP

/// One input of a parser with what must come of it.
struct WireCase<Expected: Sendable & Equatable>: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let expected: Expected

    init(_ name: String, _ text: String, _ expected: Expected) {
        self.init(name, Array(text.utf8), expected)
    }

    init(_ name: String, _ bytes: [UInt8], _ expected: Expected) {
        self.name = name
        self.bytes = bytes
        self.expected = expected
    }

    var testDescription: String { name }
}

/// What parsing a request head leads to, in a form that can be compared.
enum RequestOutcome: Sendable, Equatable {
    case incomplete
    case failed(MessageError)
    case complete(consumed: Int, ParsedRequest)

    var parsed: ParsedRequest? { if case .complete(_, let parsed) = self { parsed } else { nil } }
}

struct ParsedRequest: Sendable, Equatable {
    var method: String
    var target: String
    var path: String
    var query: String?
    var minorVersion: UInt8
    var fields: [String]
    var framing: BodyFraming
    var keepAlive: Bool
    var expectsContinue: Bool
    var authority: String
    var upgradesToWebSocket: Bool

    init(_ head: RequestHead) {
        method = head.method.rawValue
        target = head.string(head.target)
        path = head.normalizedPath
        query = head.rawQuery.map(head.string)
        minorVersion = head.minorVersion
        fields = head.lines
        framing = head.framing
        keepAlive = head.keepAlive
        expectsContinue = head.expectsContinue
        authority = head.string(head.authority)
        upgradesToWebSocket = head.upgradesToWebSocket
    }
}

enum ResponseOutcome: Sendable, Equatable {
    case incomplete
    case failed(MessageError)
    case complete(consumed: Int, ParsedResponse)

    var parsed: ParsedResponse? { if case .complete(_, let parsed) = self { parsed } else { nil } }
}

struct ParsedResponse: Sendable, Equatable {
    var status: Int
    var reason: String
    var minorVersion: UInt8
    var fields: [String]
    var framing: BodyFraming
    var keepAlive: Bool

    init(_ head: ResponseHead) {
        status = head.statusCode
        reason = head.string(head.reason)
        minorVersion = head.minorVersion
        fields = head.lines
        framing = head.framing
        keepAlive = head.keepAlive
    }
}

extension MessageHead {
    var lines: [String] {
        (0..<fieldCount).map { string(field(at: $0).name) + ": " + string(field(at: $0).value) }
    }
}

/// Shows `bytes` to the parser as they would arrive: first `cuts[0]` bytes, then `cuts[1]`, and so on, then all.
func parseRequest(_ bytes: [UInt8], cuts: [Int] = [], limits: HeadLimits = .init()) -> RequestOutcome {
    var parser = HeadParser(limits: limits)
    let head = RequestHead()
    for count in cuts + [bytes.count] {
        // A copy of exactly these bytes, so that a sanitizer sees a read beyond them.
        let prefix = Array(bytes[..<count])
        switch prefix.withUnsafeBytes({ parser.parse($0, into: head) }) {
        case .incomplete: continue
        case .failed(let error): return .failed(error)
        case .complete(let consumed): return .complete(consumed: consumed, ParsedRequest(head))
        }
    }
    return .incomplete
}

/// The same for responses.
func parseResponse(
    _ bytes: [UInt8], cuts: [Int] = [], answersHead: Bool = false, limits: HeadLimits = .init()
) -> ResponseOutcome {
    var parser = HeadParser(limits: limits)
    let head = ResponseHead()
    for count in cuts + [bytes.count] {
        let prefix = Array(bytes[..<count])
        switch prefix.withUnsafeBytes({ parser.parse($0, into: head, answersHead: answersHead) }) {
        case .incomplete: continue
        case .failed(let error): return .failed(error)
        case .complete(let consumed): return .complete(consumed: consumed, ParsedResponse(head))
        }
    }
    return .incomplete
}
