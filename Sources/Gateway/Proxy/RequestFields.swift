import HTTP

/// What a route changes in the fields of its requests, made ready.
///
/// A class, so that using it costs one reference count and not one for each of its parts.
final class RequestFields: Sendable {
    /// The fields that end here.
    let filter: FieldFilter
    /// ``filter`` and every name with an underscore, for requests that have some and a gateway that drops them.
    let filterOfUnderscores: FieldFilter
    /// The route's own field lines.
    let lines: FieldLines

    /// - Parameter own: Further fields that the gateway writes itself.
    init(_ edits: HeaderEdits, own: [String]) {
        filter = FieldRules.fromClient(adding: own + edits.removedNames)
        filterOfUnderscores = FieldRules.fromClient(adding: own + edits.removedNames, dropsUnderscores: true)
        var lines = FieldLines()
        for field in edits.set + edits.add { lines.append(field) }
        self.lines = lines
    }
}
