#if canImport(Darwin)
    import Foundation
#else
    // The normaliser that String's own comparison uses. Foundation's would bring ICU and its 30 MB of data into the
    // process for one function.
    @_spi(_Unicode) import Swift
#endif

extension String {
    /// The text in Normalisation Form C (Unicode Standard Annex 15): one sequence of scalars for what looks the same,
    /// whichever keyboard composed it.
    var normalisedC: String {
        #if canImport(Darwin)
            return precomposedStringWithCanonicalMapping
        #else
            var scalars = String.UnicodeScalarView()
            for scalar in _nfc { scalars.append(scalar) }
            return String(scalars)
        #endif
    }
}
