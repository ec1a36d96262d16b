import CDocuments

/// The most common passwords, compiled in: lower case, sorted, one a line. A look-up reads the list where it lies and takes
/// no memory.
enum CommonPasswords {
    /// Whether a password, in lower case, is one of them.
    static func contains(_ password: [UInt8]) -> Bool {
        guard !password.isEmpty, !password.contains(newline) else { return false }
        return bytes.withMemoryRebound(to: UInt8.self) { list in search(list, password) }
    }

    /// All of them, in their order: for tests, since it copies the list.
    static var lines: [[UInt8]] {
        bytes.split(separator: CChar(bitPattern: newline)).map { $0.map { UInt8(bitPattern: $0) } }
    }

    private static let newline = UInt8(ascii: "\n")

    private static var bytes: UnsafeBufferPointer<CChar> {
        UnsafeBufferPointer(start: CDOCUMENTS_COMMON_PASSWORDS, count: Int(CDOCUMENTS_COMMON_PASSWORDS_LENGTH))
    }

    /// Halves the list; every line ends in a line feed.
    private static func search(_ list: UnsafeBufferPointer<UInt8>, _ password: [UInt8]) -> Bool {
        var (low, high) = (0, list.count)
        while low < high {
            let start = lineStart(list, low + (high - low) / 2, from: low)
            let end = list[start...].firstIndex(of: newline) ?? list.count
            let line = list[start..<end]
            if line.elementsEqual(password) { return true }
            if line.lexicographicallyPrecedes(password) { low = end + 1 } else { high = start }
        }
        return false
    }

    private static func lineStart(_ list: UnsafeBufferPointer<UInt8>, _ index: Int, from low: Int) -> Int {
        var start = index
        while start > low, list[start - 1] != newline { start -= 1 }
        return start
    }
}
