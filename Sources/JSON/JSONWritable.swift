/// What can be written as one JSON value.
public protocol JSONWritable {
    /// Writes it: exactly one value.
    func write(to json: inout JSONWriter)
}

extension String: JSONWritable {
    /// A string.
    @inlinable
    public func write(to json: inout JSONWriter) { json.string(self) }
}

extension Int64: JSONWritable {
    /// An integer.
    @inlinable
    public func write(to json: inout JSONWriter) { json.integer(self) }
}

extension Int: JSONWritable {
    /// An integer.
    @inlinable
    public func write(to json: inout JSONWriter) { json.integer(self) }
}

extension Bool: JSONWritable {
    /// `true` or `false`.
    @inlinable
    public func write(to json: inout JSONWriter) { json.bool(self) }
}

extension Double: JSONWritable {
    /// A number, see ``JSONWriter/double(_:)``.
    @inlinable
    public func write(to json: inout JSONWriter) { json.double(self) }
}

extension JSONValue: JSONWritable {
    /// A value of any kind.
    public func write(to json: inout JSONWriter) { json.value(self) }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    /// The value, or `null`.
    @inlinable
    public func write(to json: inout JSONWriter) {
        if let self { self.write(to: &json) } else { json.null() }
    }
}
