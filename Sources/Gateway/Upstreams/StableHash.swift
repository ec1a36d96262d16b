import Chassis

/// A hash that is the same in every process and version: replicas of the gateway must agree where a key belongs.
enum StableHash {
    /// FNV-1a over the bytes, its bits mixed.
    static func of(_ text: some StringProtocol) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return SplitMix64.mix(hash)
    }
}
