/// How a route's path is replaced: as a whole, or its prefix.
struct PathReplacement: Sendable, Equatable {
    /// The new path, or the new prefix; its parameters are those of the route's path.
    var pattern: PathPattern
    /// Whether what follows the route's prefix is kept.
    var keepsRest: Bool
}

extension MappingReader {
    /// `path: /new/{id}`, or `prefix: /new` for a route with a prefix; `nil` when neither is there.
    ///
    /// - Parameter route: The route's own path.
    mutating func replacement(of route: PathPattern) -> PathReplacement? {
        let path = optional("path")
        let prefix = optional("prefix")
        guard let value = path ?? prefix else { return nil }
        if path != nil, prefix != nil { value.fail("either \"path\" or \"prefix\" is replaced") }
        if path == nil, !route.isPrefix {
            value.fail("the route's path \(route) is no prefix such as /x/*: replace \"path\"")
        }
        guard let pattern = Self.pattern(value) else { return nil }
        if pattern.isPrefix { value.fail("must be a path without \"*\"") }
        for name in pattern.parameters where !route.parameters.contains(name) {
            value.fail("the route's path \(route) has no parameter {\(name)}")
        }
        return PathReplacement(pattern: pattern, keepsRest: path == nil)
    }

    private static func pattern(_ value: DocumentValue) -> PathPattern? {
        guard let text = value.text() else { return nil }
        do throws(PathPattern.Malformed) {
            return try PathPattern(text)
        } catch {
            value.fail(error.message)
            return nil
        }
    }
}
