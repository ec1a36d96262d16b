/// A second, slow reading of RFC 9112, written apart from the parser: what it refuses, the parser must never accept.
/// It states necessary conditions only, on text, one rule per line.
enum ReferenceHead {
    static func mayBeRequest(_ bytes: [UInt8]) -> Bool {
        guard let lines = lines(of: dropEmptyLine(bytes)), let first = lines.first else { return false }
        let parts = first.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, isToken(parts[0]), let minor = minorVersion(parts[2]),
            isTarget(parts[1]), let fields = fields(lines.dropFirst())
        else { return false }
        let hosts = values(of: "host", in: fields).count
        return hosts <= 1 && (hosts == 1 || minor == 0) && isFramed(fields, minor: minor)
    }

    static func mayBeResponse(_ bytes: [UInt8]) -> Bool {
        guard let lines = lines(of: bytes), let first = lines.first else { return false }
        let parts = first.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let minor = minorVersion(parts[0]), parts[1].count == 3, parts[1].allSatisfy(isDigit),
            let fields = fields(lines.dropFirst())
        else { return false }
        return isFramed(fields, minor: minor)
    }

    /// The lines before the first empty one; nil when it is missing or a CR or LF stands alone.
    private static func lines(of bytes: [UInt8]) -> [[UInt8]]? {
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x0D {
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { return nil }
                if lines[lines.count - 1].isEmpty { return Array(lines.dropLast()) }
                lines.append([])
                index += 2
            } else if bytes[index] == 0x0A || (bytes[index] < 0x20 && bytes[index] != 0x09) || bytes[index] == 0x7F {
                return nil
            } else {
                lines[lines.count - 1].append(bytes[index])
                index += 1
            }
        }
        return nil
    }

    private static func dropEmptyLine(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0x0D, 0x0A]) ? Array(bytes.dropFirst(2)) : bytes
    }

    private static func isFramed(_ fields: [(name: String, value: String)], minor: Int) -> Bool {
        let lengths = values(of: "content-length", in: fields)
        let codings = values(of: "transfer-encoding", in: fields)
        if lengths.count + codings.count > 1 { return false }
        if let coding = codings.first, minor == 0 || coding.lowercased() != "chunked" { return false }
        if let length = lengths.first, Int(length) == nil || !length.utf8.allSatisfy(isDigit) { return false }
        return true
    }

    private static func fields(_ lines: ArraySlice<[UInt8]>) -> [(name: String, value: String)]? {
        guard lines.count <= 100 else { return nil }
        var fields: [(String, String)] = []
        for line in lines {
            guard let colon = line.firstIndex(of: 0x3A), colon > 0, isToken(line[..<colon]) else { return nil }
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            fields.append((name, value.trimming { $0 == " " || $0 == "\t" }))
        }
        return fields
    }

    private static func values(of name: String, in fields: [(name: String, value: String)]) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    private static func minorVersion(_ text: ArraySlice<UInt8>) -> Int? {
        ["HTTP/1.0", "HTTP/1.1"].firstIndex(of: String(decoding: text, as: UTF8.self))
    }

    private static func isTarget(_ target: ArraySlice<UInt8>) -> Bool {
        !target.isEmpty && target.count <= 8192
            && target.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"#\"<>".utf8.contains($0) }
    }

    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        let others = Set("!#$%&'*+-.^_`|~".utf8)
        return !bytes.isEmpty
            && bytes.allSatisfy { byte in
                isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || others.contains(byte)
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension String {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> String {
        var text = self[...]
        while let first = text.first, isSpace(first) { text.removeFirst() }
        while let last = text.last, isSpace(last) { text.removeLast() }
        return String(text)
    }
}
