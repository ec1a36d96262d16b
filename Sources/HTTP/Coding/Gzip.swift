/// The gzip form of bodies that are sent whole.
public enum Gzip {
    /// `bytes` compressed (RFC 1952).
    /// - Parameter level: 1 is fastest, 9 smallest.
    /// - Throws: ``Problem`` 500 when there is no memory for it.
    public static func compressed(_ bytes: [UInt8], level: Int32 = 1) throws(Problem) -> [UInt8] {
        try Deflater(level: level).compress(bytes, .finish)
    }
}
