/// An answer of a mail server (RFC 5321 §4.2): a code of three digits, and lines of text.
struct SMTPReply: Sendable, Equatable {
    let code: Int
    let lines: [String]

    /// 2yz or 3yz: go on.
    var isPositive: Bool { (200..<400).contains(code) }
    /// 5yz: it will never work this way.
    var isPermanent: Bool { code >= 500 }

    /// For logs: the code alone, since texts may quote addresses.
    var summary: String { "answered \(code)" }
}

/// Reads answers from bytes as they arrive. Whatever is not an answer, or is longer than any, is an error.
struct SMTPReplyParser: Sendable {
    struct Malformed: Error, Equatable {}

    /// RFC 5321 §4.5.3.1.5 allows 512 bytes; servers are a little generous.
    private static let longestLine = 1_024
    private static let mostLines = 64

    private var line: [UInt8] = []
    private var lines: [String] = []
    private var code: Int?

    /// Takes bytes.
    /// - Returns: The answer that they complete. Bytes behind it are an error: nobody has been asked anything yet.
    mutating func take(_ bytes: some Collection<UInt8>) throws(Malformed) -> SMTPReply? {
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == 0x0A else {
                line.append(byte)
                guard line.count <= Self.longestLine else { throw Malformed() }
                continue
            }
            guard let reply = try endLine() else { continue }
            guard rest.isEmpty else { throw Malformed() }
            return reply
        }
        return nil
    }

    private mutating func endLine() throws(Malformed) -> SMTPReply? {
        if line.last == 0x0D { line.removeLast() }
        guard line.count >= 3, line[..<3].allSatisfy({ (0x30...0x39).contains($0) }),
            line.count == 3
                || line[3] == 0x20 || line[3] == 0x2D
        else { throw Malformed() }
        let found = line[..<3].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard (200..<600).contains(found), code == nil || code == found, lines.count < Self.mostLines else {
            throw Malformed()
        }
        let continues = line.count > 3 && line[3] == 0x2D
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        line.removeAll(keepingCapacity: true)
        code = found
        if continues { return nil }
        defer { (lines, code) = ([], nil) }
        return SMTPReply(code: found, lines: lines)
    }
}
