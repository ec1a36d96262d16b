/// One event of an event stream (WHATWG HTML section 9.2).
public struct ServerSentEvent: Sendable, Hashable {
    /// What the client sends as `Last-Event-ID` when it comes back.
    public var id: String?
    /// The event's type; nil is `message`.
    public var event: String?
    /// The payload; each of its lines becomes a `data` line.
    public var data: String
    /// How long the client waits before it comes back, in milliseconds.
    public var retry: Int?

    /// An event.
    public init(data: String, event: String? = nil, id: String? = nil, retry: Int? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    /// The event as sent, with the empty line that ends it. Line ends inside `event` and `id`, which would start
    /// another field, are left out, and so is an `id` with NUL, which clients ignore.
    public var bytes: [UInt8] {
        var text = ""
        if let event { text += "event: \(Self.oneLine(event))\n" }
        if let id, !id.unicodeScalars.contains("\0") { text += "id: \(Self.oneLine(id))\n" }
        if let retry { text += "retry: \(max(retry, 0))\n" }
        for line in Self.lines(data) { text += "data: \(line)\n" }
        return Array((text + "\n").utf8)
    }

    /// A comment, which clients ignore: it keeps intermediaries from closing a quiet connection.
    static let heartbeat = Array(": \n\n".utf8)

    /// Lines end in CR LF, LF or CR. Swift takes CR LF for one character.
    private static func lines(_ text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false) { $0 == "\r\n" || $0 == "\n" || $0 == "\r" }
    }

    private static func oneLine(_ text: String) -> String { lines(text).joined() }
}
