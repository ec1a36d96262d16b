/// What becomes of answers on their way out, for all routes or one.
struct AnswerConfiguration: Sendable, Equatable {
    /// `nil` adds no CORS fields and leaves preflights to the service.
    var cors: CorsConfiguration?
    /// `nil` leaves answers as they are.
    var compression: CompressionConfiguration?
}

extension AnswerConfiguration {
    /// The `cors` and `compression` of the whole file.
    init(reading reader: inout MappingReader) {
        cors = reader.optional("cors").flatMap(CorsConfiguration.init(reading:))
        compression = reader.optional("compression").flatMap { CompressionConfiguration(reading: $0, over: .init()) }
    }

    /// Those of a route: its own, `none`, or those of the whole file.
    ///
    /// Compression for the whole file concerns public routes. A route that answers by caller has to ask for it itself,
    /// even if with `compression: {}`: whether its answers mix a secret with what a stranger may choose (BREACH), only
    /// its owner knows.
    init(reading reader: inout MappingReader, access: Access, over defaults: AnswerConfiguration) {
        cors = defaults.cors
        if let value = reader.optional("cors") {
            cors = Self.isNone(value) ? nil : CorsConfiguration(reading: value)
        }
        compression = access.isPublic ? defaults.compression : nil
        if let value = reader.optional("compression") {
            let base = defaults.compression ?? CompressionConfiguration()
            compression = Self.isNone(value) ? nil : CompressionConfiguration(reading: value, over: base)
        }
    }

    private static func isNone(_ value: DocumentValue) -> Bool {
        guard !value.isMapping, !value.isList, let text = value.text() else { return false }
        if text != "none" { value.fail("must be none or a mapping, not \"\(text)\"") }
        return true
    }
}
