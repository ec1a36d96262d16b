import TestSupport

enum TestSeed {
    /// A generator whose seed is printed.
    static func generator(_ test: String = #function) -> SeededGenerator { .announced(test) }
}
