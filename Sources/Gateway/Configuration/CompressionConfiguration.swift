import HTTP

/// Which answers are compressed by gzip.
struct CompressionConfiguration: Sendable, Equatable {
    /// The fewest bytes worth compressing.
    var minimum = 1_024
    var types = MediaTypes.text
}

extension CompressionConfiguration {
    init?(reading value: DocumentValue, over base: CompressionConfiguration) {
        self = base
        guard var reader = value.mapping() else { return nil }
        minimum = reader.bytes("minimum", in: 0...(1 << 30), default: base.minimum)
        if let listed = reader.texts("types") {
            do throws(MediaTypes.Malformed) {
                types = try MediaTypes(listed.map(\.text))
            } catch {
                let place = listed.first { $0.text.lowercased() == error.pattern }?.value ?? value
                place.fail("must be a type such as application/json, text/* or *+json, and no event stream")
            }
        }
        reader.finish()
    }
}
