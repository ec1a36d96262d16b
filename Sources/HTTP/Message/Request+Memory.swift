public import HTTPTypes
import Sockets

extension Request {
    /// A request made in the process instead of received: for handlers under test, and for calls that a program makes
    /// to its own routes. It goes through the parser like any other, so what the parser refuses cannot be made here.
    /// - Parameters:
    ///   - target: the request target, `/v1/accounts?limit=2`.
    ///   - fields: the fields; `Host` is added when it is missing, framing fields are left out.
    ///   - context: nil makes one whose peer is 127.0.0.1.
    /// - Throws: `MessageError` as the parser would.
    public init(
        method: HTTPRequest.Method = .get, target: String, fields: HTTPFields = [:], body: [UInt8] = [],
        context: RequestContext? = nil
    ) throws(MessageError) {
        let head = RequestHead()
        let text = Self.text(method, target, fields, body.count)
        var parser = HeadParser()
        switch text.withUnsafeBytes({ parser.parse($0, into: head) }) {
        case .complete(text.count): break
        case .complete, .incomplete: throw .malformedStartLine
        case .failed(let error): throw error
        }
        context?.reset(head: head)
        self.init(
            head: head, body: RequestBody(bytes: body),
            context: context ?? RequestContext(head: head, peer: .loopback(port: 0), loop: EventLoop.current))
    }

    private static func text(
        _ method: HTTPRequest.Method, _ target: String, _ fields: HTTPFields, _ length: Int
    ) -> [UInt8] {
        var text = "\(method.rawValue) \(target) HTTP/1.1\r\n"
        if !fields.contains(where: { $0.name.canonicalName == "host" }) { text += "Host: localhost\r\n" }
        for field in fields where field.name != .contentLength && field.name != .transferEncoding {
            text += "\(field.name.rawName): \(field.value)\r\n"
        }
        if length > 0 { text += "Content-Length: \(length)\r\n" }
        return Array((text + "\r\n").utf8)
    }
}
