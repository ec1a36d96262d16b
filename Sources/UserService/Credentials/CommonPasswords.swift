import CDocuments

/// The most common passwords, compiled in: lower case, sorted, one a line. A look-up reads the list where it lies and takes
/// no memory.
enum CommonPasswords {
    /// Whether a password, in lower case, is one of them.
    static func contains(_ password: [UInt8]) -> Bool {
        guard !password.contains(newline) else { return false }
        // Halves the list; every line ends in a line feed.
        var (low, high) = (0, length)
        while low < high {
            let start = lineStart(low + (high - low) / 2, from: low)
            let end = lineEnd(start)
            let line = (start..<end).lazy.map(byte)
            if line.elementsEqual(password) { return true }
            if line.lexicographicallyPrecedes(password) { low = end + 1 } else { high = start }
        }
        return false
    }

    /// All of them, in their order: for tests, since it copies the list.
    static var lines: [[UInt8]] { (0..<length).map(byte).split(separator: newline).map(Array.init) }

    private static let newline = UInt8(ascii: "\n")
    private static let length = Int(CDOCUMENTS_COMMON_PASSWORDS_LENGTH)

    /// - Parameter index: Below ``length``.
    private static func byte(_ index: Int) -> UInt8 { UInt8(bitPattern: CDOCUMENTS_COMMON_PASSWORDS[index]) }

    private static func lineStart(_ index: Int, from low: Int) -> Int {
        var start = index
        while start > low, byte(start - 1) != newline { start -= 1 }
        return start
    }

    private static func lineEnd(_ start: Int) -> Int {
        var end = start
        while end < length, byte(end) != newline { end += 1 }
        return end
    }
}
