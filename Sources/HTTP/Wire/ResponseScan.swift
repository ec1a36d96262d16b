#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension HeadScan {
    /// Parses a response head. Success 0: not complete.
    @inline(__always)
    mutating func response(into head: ResponseHead, answersHead: Bool) -> Result<Int, MessageError> {
        do throws(MessageError) {
            return .success(try readResponse(into: head, answersHead))
        } catch {
            return .failure(error)
        }
    }

    @inline(__always)
    private mutating func readResponse(into head: ResponseHead, _ answersHead: Bool) throws(MessageError) -> Int {
        head.reset()
        guard source[0] == UInt8(ascii: "H") else { throw .malformedStartLine }
        guard end > 0 else { return 0 }
        do throws(MessageError) {
            try statusLine(into: head)
        } catch {
            throw startLineFailure(error, from: 0)
        }
        if index > limits.startLine { throw .targetTooLong }
        hasStartLine = true
        let total = try fieldLines(into: head)
        if total == 0 { return 0 }
        head.load(source, count: total)
        try conclude(head, answersHead)
        return total
    }

    /// `HTTP/1.1 200 OK` (RFC 9112 section 4). The space before an empty reason phrase is part of the grammar.
    @inline(__always)
    private mutating func statusLine(into head: ResponseHead) throws(MessageError) {
        guard end >= 10 else { throw .malformedStartLine }
        head.minorVersion = try httpVersion { $0.take(0x20) }
        head.statusCode = try statusCode()
        let start = index
        while isClass(index, .value) { index &+= 1 }
        head.reason = ByteRange(start, index)
        guard takeLineEnd() else { throw .malformedStartLine }
    }

    /// Three digits, 100 to 599 (RFC 9110 section 15), and a space.
    @inline(__always)
    private mutating func statusCode() throws(MessageError) -> Int {
        var code = 0
        for _ in 0..<3 {
            let digit = source[index] &- 0x30
            guard digit < 10 else { throw .malformedStartLine }
            code = code &* 10 &+ Int(digit)
            index &+= 1
        }
        guard (100...599).contains(code), take(0x20) else { throw .malformedStartLine }
        return code
    }

    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard source[index] == byte else { return false }
        index &+= 1
        return true
    }

    /// `HTTP/1.0` or `HTTP/1.1` and what follows; another well-formed version is `unsupportedVersion`.
    /// Precondition: ten bytes are there.
    @inline(__always)
    mutating func httpVersion(_ follows: (inout HeadScan) -> Bool) throws(MessageError) -> UInt8 {
        let at = source + index
        guard memcmp(at, "HTTP/", 5) == 0, at[5] &- 0x30 < 10, at[6] == 0x2E, at[7] &- 0x30 < 10 else {
            throw .malformedStartLine
        }
        index &+= 8
        guard follows(&self) else { throw .malformedStartLine }
        guard at[5] == 0x31, at[7] &- 0x30 < 2 else { throw .unsupportedVersion }
        return at[7] &- 0x30
    }

    /// RFC 9112 section 6.3. Stricter in one point: a 1xx or 204 answer that announces a body is refused, because
    /// bytes that follow would be read as the answer to the next request.
    @inline(__always)
    private func conclude(_ head: ResponseHead, _ answersHead: Bool) throws(MessageError) {
        try facts.checkTransferCoding(minorVersion: head.minorVersion)
        head.keepAlive = facts.keepAlive(minorVersion: head.minorVersion)
        head.connectionNamesFields = facts.connectionNamesFields
        head.upgradesToWebSocket = facts.connectionUpgrades && facts.upgradeIsWebSocket
        head.declaredLength = facts.contentLength
        let code = head.statusCode
        if code < 200 || code == 204 {
            guard facts.transferCoding == .none, (facts.contentLength ?? 0) == 0 else { throw .conflictingFraming }
        } else if answersHead || code == 304 {
            return
        } else if facts.transferCoding == .chunked {
            head.framing = .chunked
        } else if let length = facts.contentLength {
            head.framing = length == 0 ? .none : .length(length)
        } else {
            head.framing = .untilClose
            head.keepAlive = false
        }
    }
}
