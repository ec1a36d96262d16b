import HTTP

extension UInt8 {
    /// The byte with A–Z turned into a–z, as HTTP compares names and hosts.
    @inline(__always)
    var asciiLowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes of `lower`, which is in lower case, without regard to letter case.
    func equalsIgnoringCase(_ lower: [UInt8]) -> Bool {
        guard count == lower.count else { return false }
        for index in lower.indices where self[index].asciiLowercased != lower[index] { return false }
        return true
    }
}
