/// What the fields of a head say about the connection, the framing and the host, gathered while the lines are read.
struct FramingFacts {
    enum TransferCoding {
        case none, chunked, unknown
    }

    var contentLength: Int?
    var transferCoding = TransferCoding.none
    var host: ByteRange?
    var expectsContinue = false
    var hasOtherExpectation = false
    var closes = false
    var keepsAlive = false
    var connectionUpgrades = false
    var upgradeIsWebSocket = false
    private var hasUpgrade = false
    var connectionNamesFields = false

    /// Notes one field line. Most names are told apart by their length alone.
    /// - Returns: whether the field is hop-by-hop or describes the framing.
    @inline(__always)
    mutating func note(
        _ source: UnsafePointer<UInt8>, _ name: ByteRange, _ value: ByteRange
    ) throws(MessageError) -> Bool {
        switch name.count {
        case 2: return name.equals("te", in: source)
        case 4:
            if name.equals("host", in: source) { try noteHost(value) }
            return false
        case 6:
            if name.equals("expect", in: source) { noteExpectation(source, value) }
            return false
        case 7:
            if name.equals("upgrade", in: source) {
                // Alone: who offers something else too, or twice, may mean something else.
                upgradeIsWebSocket = !hasUpgrade && value.equals("websocket", in: source)
                hasUpgrade = true
                return true
            }
            return name.equals("trailer", in: source)
        case 10:
            if name.equals("connection", in: source) {
                noteConnection(source, value)
                return true
            }
            return name.equals("keep-alive", in: source)
        case 14:
            guard name.equals("content-length", in: source) else { return false }
            try noteContentLength(source, value)
            return true
        case 16: return name.equals("proxy-connection", in: source)
        case 17:
            guard name.equals("transfer-encoding", in: source) else { return false }
            try noteTransferEncoding(source, value)
            return true
        case 18: return name.equals("proxy-authenticate", in: source)
        case 19: return name.equals("proxy-authorization", in: source)
        default: return false
        }
    }

    private mutating func noteHost(_ value: ByteRange) throws(MessageError) {
        guard host == nil else { throw .badHost }
        host = value
    }

    private mutating func noteExpectation(_ source: UnsafePointer<UInt8>, _ value: ByteRange) {
        if value.equals("100-continue", in: source), !expectsContinue {
            expectsContinue = true
        } else {
            hasOtherExpectation = true
        }
    }

    /// 1*DIGIT (RFC 9110 section 8.6). A list of equal lengths, which a recipient may accept, is refused here.
    private mutating func noteContentLength(
        _ source: UnsafePointer<UInt8>, _ value: ByteRange
    ) throws(MessageError) {
        guard contentLength == nil, !value.isEmpty else { throw .badContentLength }
        var length = 0
        for index in Int(value.start)..<Int(value.end) {
            let digit = Int(source[index]) - 0x30
            guard (0...9).contains(digit) else { throw .badContentLength }
            let (tens, over) = length.multipliedReportingOverflow(by: 10)
            let (sum, past) = tens.addingReportingOverflow(digit)
            guard !over, !past else { throw .badContentLength }
            length = sum
        }
        contentLength = length
    }

    /// One coding, alone. A list of codings, even one that ends in `chunked`, is refused as malformed: nobody sends it
    /// honestly, and two parsers that read it differently are a smuggling hole.
    private mutating func noteTransferEncoding(
        _ source: UnsafePointer<UInt8>, _ value: ByteRange
    ) throws(MessageError) {
        guard transferCoding == .none, !value.isEmpty else { throw .badTransferEncoding }
        for index in Int(value.start)..<Int(value.end) {
            let classes = CharacterClass.table[Int(source[index])]
            guard classes & CharacterClass.token.rawValue != 0 else { throw .badTransferEncoding }
        }
        transferCoding = value.equals("chunked", in: source) ? .chunked : .unknown
    }

    /// A list of options (RFC 9110 section 7.6.1); several lines add up.
    private mutating func noteConnection(_ source: UnsafePointer<UInt8>, _ value: ByteRange) {
        if value.equals("keep-alive", in: source) {
            keepsAlive = true
        } else if value.equals("close", in: source) {
            closes = true
        } else {
            value.forEachListItem(in: source) { noteOption(source, $0) }
        }
    }

    private mutating func noteOption(_ source: UnsafePointer<UInt8>, _ option: ByteRange) {
        if option.equals("close", in: source) {
            closes = true
        } else if option.equals("keep-alive", in: source) {
            keepsAlive = true
        } else if option.equals("upgrade", in: source) {
            connectionUpgrades = true
        } else if !option.equals("te", in: source) {
            connectionNamesFields = true
        }
    }

    /// Whether the connection may carry another message (RFC 9112 section 9.3).
    func keepAlive(minorVersion: UInt8) -> Bool {
        !closes && (minorVersion == 1 || keepsAlive)
    }

    /// RFC 9112 section 6.1: a transfer coding excludes a length, and HTTP/1.0 has none.
    @inline(__always)
    func checkTransferCoding(minorVersion: UInt8) throws(MessageError) {
        if transferCoding == .none { return }
        if contentLength != nil { throw .conflictingFraming }
        if minorVersion == 0 { throw .badTransferEncoding }
        if transferCoding == .unknown { throw .unsupportedTransferCoding }
    }
}

extension ByteRange {
    /// Whether the bytes are `text` without regard to letter case; `text` is in lower case.
    @inline(__always)
    func equals(_ text: StaticString, in source: UnsafePointer<UInt8>) -> Bool {
        guard Int(count) == text.utf8CodeUnitCount else { return false }
        let bytes = source + Int(start)
        let lower = text.utf8Start
        for index in 0..<Int(count) where bytes[index].lowercased != lower[index] { return false }
        return true
    }

    /// Calls `body` with each item of a comma-separated list, without white space; empty items are left out
    /// (RFC 9110 section 5.6.1).
    func forEachListItem(in source: UnsafePointer<UInt8>, _ body: (ByteRange) -> Void) {
        var from = Int(start)
        while from < Int(end) {
            var to = from
            while to < Int(end), source[to] != 0x2C { to += 1 }
            var first = from
            var last = to
            while first < last, source[first] == 0x20 || source[first] == 0x09 { first += 1 }
            while last > first, source[last - 1] == 0x20 || source[last - 1] == 0x09 { last -= 1 }
            if last > first { body(ByteRange(first, last)) }
            from = to + 1
        }
    }
}
