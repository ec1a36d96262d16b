/// Reads the units of the configuration file.
enum Quantities {
    /// Milliseconds of `250ms`, `5s`, `2m` or `1h`; `nil` when malformed or too large.
    static func milliseconds(_ text: String) -> UInt64? {
        scaled(text, units: [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)])
    }

    /// Bytes of `512`, `64KiB` or `1MiB`; `nil` when malformed or too large.
    static func bytes(_ text: String) -> Int? {
        scaled(text, units: [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)]).map { Int($0) }
    }

    /// `5s`, `250ms`: the shortest exact form, for messages.
    static func text(milliseconds: UInt64) -> String {
        for (unit, factor) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000)] as [(String, UInt64)]
        where milliseconds > 0 && milliseconds % factor == 0 {
            return "\(milliseconds / factor)\(unit)"
        }
        return "\(milliseconds)ms"
    }

    private static func scaled(_ text: String, units: [(suffix: String, factor: UInt64)]) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 12, let number = UInt64(digits) else { return nil }
        let suffix = text.dropFirst(digits.count)
        guard let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
        return number * unit.factor
    }
}
