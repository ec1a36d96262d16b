public import HTTPTypes

extension Response {
    /// The value of a field, be it set here or forwarded.
    public func value(_ name: HTTPField.Name) -> String? { fields[name] ?? forwardedValue(name) }

    private func forwardedValue(_ name: HTTPField.Name) -> String? {
        guard let forwarded, !forwarded.removed.contains(name.canonicalName) else { return nil }
        return forwarded.head.string(of: name)
    }

    /// Leaves out fields that would be forwarded.
    /// - Parameter names: in lower case.
    public mutating func removeForwarded(_ names: [String]) {
        guard let forwarded else { return }
        self.forwarded = ForwardedFields(forwarded.head, removing: forwarded.removed + names)
    }

    /// Sets a field in place of one that may be forwarded.
    public mutating func replace(_ name: HTTPField.Name, _ value: String) {
        fields[name] = value
        removeForwarded([name.canonicalName])
    }

    /// Says that the answer depends on a field of the request, beside what it depends on already.
    public mutating func addVary(_ name: String) {
        let known = [fields[.vary], forwardedValue(.vary)].compactMap(\.self).joined(separator: ", ")
        if known.isEmpty { return replace(.vary, name) }
        let names = known.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        if !names.contains(name.lowercased()), !names.contains("*") { replace(.vary, known + ", " + name) }
    }

    /// Makes a strong `ETag` weak: the bytes are about to differ from those that it was made for.
    mutating func weakenETag() {
        if let tag = value(.eTag), !tag.hasPrefix("W/") { replace(.eTag, "W/" + tag) }
    }
}
