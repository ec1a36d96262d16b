#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension HeadScan {
    /// Parses a request head. Success 0: not complete.
    @inline(__always)
    mutating func request(into head: RequestHead) -> Result<Int, MessageError> {
        do throws(MessageError) {
            return .success(try readRequest(into: head))
        } catch {
            return .failure(error)
        }
    }

    @inline(__always)
    private mutating func readRequest(into head: RequestHead) throws(MessageError) -> Int {
        head.reset()
        try checkFirstByte()
        guard index < end else { return 0 }
        try requestLine(into: head)
        hasStartLine = true
        let total = try fieldLines(into: head)
        if total == 0 { return 0 }
        head.load(source, count: total)
        try conclude(head)
        return total
    }

    /// One empty line before a request is skipped (RFC 9112 section 2.2). Anything that cannot start a request, such as
    /// a TLS handshake, is refused at once instead of waiting for a line feed.
    @inline(__always)
    private mutating func checkFirstByte() throws(MessageError) {
        if source[0] == 0x0D {
            guard count > 1 else { return }
            guard source[1] == 0x0A else { throw .malformedStartLine }
            index = 2
        }
        guard index == count || isClass(index, .token) else { throw .malformedStartLine }
    }

    // MARK: - Request line (RFC 9112 section 3)

    @inline(__always)
    private mutating func requestLine(into head: RequestHead) throws(MessageError) {
        let start = index
        do throws(MessageError) {
            try method(into: head)
            try target(into: head)
            head.minorVersion = try version()
        } catch {
            throw startLineFailure(error, from: start)
        }
        if Int(head.target.count) > limits.target || index &- start > limits.startLine { throw .targetTooLong }
    }

    @inline(__always)
    private mutating func method(into head: RequestHead) throws(MessageError) {
        let start = index
        while isClass(index, .token) { index &+= 1 }
        guard index > start, source[index] == 0x20 else { throw .malformedStartLine }
        let range = ByteRange(start, index)
        head.methodRange = range
        head.methodKind = methodKind(range)
        // TRACE would show a client the fields that a gateway adds, identities among them.
        if head.methodKind == .other,
            range.equalsExactly("CONNECT", in: source) || range.equalsExactly("TRACE", in: source)
        {
            throw .unsupportedMethod
        }
        index &+= 1
    }

    /// Methods are case-sensitive (RFC 9110 section 9.1).
    @inline(__always)
    private func methodKind(_ range: ByteRange) -> RequestHead.Method {
        switch range.count {
        case 3:
            if range.equalsExactly("GET", in: source) { return .get }
            return range.equalsExactly("PUT", in: source) ? .put : .other
        case 4:
            if range.equalsExactly("POST", in: source) { return .post }
            return range.equalsExactly("HEAD", in: source) ? .head : .other
        case 5: return range.equalsExactly("PATCH", in: source) ? .patch : .other
        case 6: return range.equalsExactly("DELETE", in: source) ? .delete : .other
        case 7: return range.equalsExactly("OPTIONS", in: source) ? .options : .other
        default: return .other
        }
    }

    /// Takes ` HTTP/1.x` and the line's end, which follow the target.
    @inline(__always)
    private mutating func version() throws(MessageError) -> UInt8 {
        guard source[index] == 0x20, index &+ 11 <= end else { throw .malformedStartLine }
        index &+= 1
        return try httpVersion { scan in scan.takeLineEnd() }
    }

    // MARK: - Target (RFC 9112 section 3.2)

    @inline(__always)
    private mutating func target(into head: RequestHead) throws(MessageError) {
        let start = index
        if source[index] == 0x2F {
            head.targetForm = .origin
            try pathAndQuery(into: head)
        } else if source[index] == 0x2A {
            guard head.methodKind == .options else { throw .malformedTarget }
            head.targetForm = .asterisk
            head.rawPath = ByteRange(index, index &+ 1)
            head.rawQuery = nil
            head.pathIsPlain = true
            index &+= 1
        } else {
            try absoluteForm(into: head)
        }
        guard source[index] == 0x20 else {
            throw source[index] == 0x0D || source[index] == 0x0A ? .malformedStartLine : .malformedTarget
        }
        head.target = ByteRange(start, index)
    }

    /// `http://authority/path?query`; the authority has no userinfo (RFC 9110 section 4.2.4).
    private mutating func absoluteForm(into head: RequestHead) throws(MessageError) {
        let schemeStart = index
        while isClass(index, .unreserved) { index &+= 1 }
        let scheme = ByteRange(schemeStart, index)
        guard scheme.equals("http", in: source) || scheme.equals("https", in: source),
            index &+ 3 <= end, memcmp(source + index, "://", 3) == 0
        else { throw .malformedTarget }
        index &+= 3
        let start = index
        while isClass(index, .host) { index &+= 1 }
        head.authority = ByteRange(start, index)
        guard isValidHost(head.authority) else { throw .malformedTarget }
        head.targetForm = .absolute
        try pathAndQuery(into: head)
    }

    /// Path and query up to the space. Percent-encoding is checked here, so that later readers need not.
    @inline(__always)
    private mutating func pathAndQuery(into head: RequestHead) throws(MessageError) {
        let start = index
        var isPlain = true
        while isClass(index, .path) {
            let byte = source[index]
            if byte == 0x25 {
                isPlain = false
                try percentEncoded(allowControl: false)
            } else if byte == 0x2E, index > start, source[index &- 1] == 0x2F {
                isPlain = false
            }
            index &+= 1
        }
        head.rawPath = ByteRange(start, index)
        // An absolute form without a path means "/".
        guard index > start || source[index] == 0x20 || source[index] == 0x3F else { throw .malformedTarget }
        if index > start, source[start] != 0x2F { throw .malformedTarget }
        head.pathIsPlain = isPlain && index > start
        head.rawQuery = source[index] == 0x3F ? try query() : nil
    }

    private mutating func query() throws(MessageError) -> ByteRange {
        index &+= 1
        let start = index
        while isClass(index, .query) {
            if source[index] == 0x25 { try percentEncoded(allowControl: true) }
            index &+= 1
        }
        return ByteRange(start, index)
    }

    /// Leaves the index at the first digit: the loop moves on by one, and digits are allowed characters.
    private mutating func percentEncoded(allowControl: Bool) throws(MessageError) {
        guard let high = Hex.value(source[index &+ 1]), let low = Hex.value(source[index &+ 2]) else {
            throw .malformedTarget
        }
        let byte = high << 4 | low
        guard allowControl || byte >= 0x20 && byte != 0x7F else { throw .malformedTarget }
        index &+= 1
    }

    // MARK: - After the last line

    @inline(__always)
    private func conclude(_ head: RequestHead) throws(MessageError) {
        try concludeHost(head)
        try facts.checkTransferCoding(minorVersion: head.minorVersion)
        if facts.hasOtherExpectation { throw .unsupportedExpectation }
        if facts.transferCoding == .chunked {
            head.framing = .chunked
        } else if let length = facts.contentLength, length > 0 {
            head.framing = .length(length)
        }
        head.keepAlive = facts.keepAlive(minorVersion: head.minorVersion)
        head.connectionNamesFields = facts.connectionNamesFields
        head.upgradesToWebSocket = facts.connectionUpgrades && facts.upgradeIsWebSocket
        // RFC 9110 section 10.1.1: not without a body, not in HTTP/1.0.
        head.expectsContinue = facts.expectsContinue && head.framing != .none && head.minorVersion == 1
        head.declaredLength = facts.contentLength
        if head.pathIsPlain {
            head.normalized = nil
        } else {
            head.normalized = try PathNormalizer.normalize(head.withBytes(head.rawPath) { Array($0) })
        }
    }

    /// RFC 9112 section 3.2: exactly one Host in HTTP/1.1, and the authority of an absolute form must not differ.
    @inline(__always)
    private func concludeHost(_ head: RequestHead) throws(MessageError) {
        guard let host = facts.host else {
            if head.minorVersion == 1 { throw .badHost }
            if head.targetForm != .absolute { head.authority = .empty }
            return
        }
        guard isValidHost(host) else { throw .badHost }
        if head.targetForm == .absolute {
            guard host.count == head.authority.count, isSame(host, head.authority) else { throw .badHost }
        }
        head.authority = host
    }

    private func isSame(_ one: ByteRange, _ other: ByteRange) -> Bool {
        for offset in 0..<Int(one.count)
        where source[Int(one.start) + offset].lowercased != source[Int(other.start) + offset].lowercased {
            return false
        }
        return true
    }

    /// `name`, `name:port`, `[address]`, `[address]:port`.
    @inline(__always)
    private func isValidHost(_ range: ByteRange) -> Bool {
        guard !range.isEmpty else { return false }
        var index = Int(range.start)
        let end = Int(range.end)
        if source[index] == 0x5B {
            while index < end, source[index] != 0x5D {
                guard isClass(index, .host) else { return false }
                index &+= 1
            }
            guard index < end, index > Int(range.start) &+ 2 else { return false }
            index &+= 1
        } else {
            while index < end, isClass(index, .unreserved) { index &+= 1 }
            guard index > Int(range.start) else { return false }
        }
        if index == end { return true }
        return source[index] == 0x3A && isValidPort(ByteRange(index &+ 1, end))
    }

    /// Digits, perhaps none, which mean the scheme's own port (RFC 3986 section 3.2.3); leading zeros do not count. No
    /// number that names no TCP port.
    private func isValidPort(_ range: ByteRange) -> Bool {
        var port = 0
        for index in Int(range.start)..<Int(range.end) {
            let digit = Int(source[index]) &- 0x30
            guard (0...9).contains(digit) else { return false }
            port = port &* 10 &+ digit
            guard port <= 65_535 else { return false }
        }
        return true
    }
}

extension ByteRange {
    /// Whether the bytes are `text`, letter case included.
    @inline(__always)
    func equalsExactly(_ text: StaticString, in source: UnsafePointer<UInt8>) -> Bool {
        Int(count) == text.utf8CodeUnitCount && memcmp(source + Int(start), text.utf8Start, Int(count)) == 0
    }
}
