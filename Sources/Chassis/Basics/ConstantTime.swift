/// Whether two byte strings are equal, in a time that depends on the length of the first alone: how long the answer to
/// a wrong secret takes does not tell how much of it was right.
public func constantTimeEqual(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
    var difference = UInt8(given.count == expected.count ? 0 : 1)
    for index in given.indices {
        difference |= given[index] ^ (index < expected.count ? expected[index] : 0xFF)
    }
    return difference == 0
}
