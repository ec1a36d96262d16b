/// Strict reading of a write's body: every member is asked for by name and type, every problem is collected, and what
/// was not asked for is a problem too.
///
/// ```swift
/// var body = try JSONObjectReader(bytes)
/// let currency = body.string("currency", length: 3...3)
/// let amount = body.integer("amount", in: 1...1_000_000)
/// try body.finish()
/// ```
public struct JSONObjectReader {
    private let pointer: String
    private let members: [JSONValue.Member]
    private var wasRead: [Bool]
    /// The errors found so far.
    public private(set) var errors: [JSONFieldError] = []

    /// Reads `bytes`, which must be one JSON object.
    /// - Throws: `JSONSyntaxError` when it is not JSON, `JSONValidationError` with pointer "" when it is not an object.
    public init(_ bytes: [UInt8], limits: JSONLimits = .default) throws {
        try self.init(JSONValue(parsing: bytes, limits: limits))
    }

    /// Reads a value, which must be an object; `pointer` is where it lies in the text.
    /// - Throws: `JSONValidationError` when it is not an object.
    public init(_ value: JSONValue, pointer: String = "") throws(JSONValidationError) {
        guard let members = value.object else {
            throw JSONValidationError(
                errors: [JSONFieldError(pointer: pointer, detail: "must be an object, not \(value.kind)")])
        }
        self.init(members: members, pointer: pointer)
    }

    private init(members: [JSONValue.Member], pointer: String) {
        self.members = members
        self.pointer = pointer
        wasRead = Array(repeating: false, count: members.count)
    }

    // MARK: - Required members: an error is recorded and a neutral value returned when one is missing or wrong

    /// A string of `length` Unicode scalars. Returns "" when missing or wrong.
    public mutating func string(_ name: String, length: ClosedRange<Int> = 1...1024) -> String {
        required(name) { $0.text($1, name, length) } ?? ""
    }

    /// An integer. Returns the lower bound when missing or wrong.
    public mutating func integer(_ name: String, in range: ClosedRange<Int64> = .min ... .max) -> Int64 {
        required(name) { $0.whole($1, name, range) } ?? range.lowerBound
    }

    /// A boolean. Returns false when missing or wrong.
    public mutating func bool(_ name: String) -> Bool {
        required(name) { $0.truth($1, name) } ?? false
    }

    /// An object, read by `body`. Returns nil when missing or wrong, or when `body` found errors in it.
    public mutating func object<T>(_ name: String, _ body: (inout JSONObjectReader) -> T) -> T? {
        required(name) { $0.nested($1, name, body) }
    }

    /// An array of strings. Returns [] when missing or wrong.
    public mutating func strings(
        _ name: String, count: ClosedRange<Int> = 0...100, length: ClosedRange<Int> = 1...1024
    ) -> [String] {
        required(name) { $0.texts($1, name, count, length) } ?? []
    }

    // MARK: - Optional members: missing and null are nil

    /// A string of `length` Unicode scalars.
    public mutating func optionalString(_ name: String, length: ClosedRange<Int> = 1...1024) -> String? {
        optional(name) { $0.text($1, name, length) }
    }

    /// An integer.
    public mutating func optionalInteger(_ name: String, in range: ClosedRange<Int64> = .min ... .max) -> Int64? {
        optional(name) { $0.whole($1, name, range) }
    }

    /// A boolean.
    public mutating func optionalBool(_ name: String) -> Bool? {
        optional(name) { $0.truth($1, name) }
    }

    /// An object, read by `body`.
    public mutating func optionalObject<T>(_ name: String, _ body: (inout JSONObjectReader) -> T) -> T? {
        optional(name) { $0.nested($1, name, body) }
    }

    /// An array of strings.
    public mutating func optionalStrings(
        _ name: String, count: ClosedRange<Int> = 0...100, length: ClosedRange<Int> = 1...1024
    ) -> [String]? {
        optional(name) { $0.texts($1, name, count, length) }
    }

    /// An object whose members are all strings, in the order of the text. Lengths are in Unicode scalars.
    public mutating func optionalStringMap(
        _ name: String, count: ClosedRange<Int>, nameLength: ClosedRange<Int>, valueLength: ClosedRange<Int>
    ) -> [(name: String, value: String)]? {
        optional(name) { $0.map($1, name, count, nameLength, valueLength) }
    }

    /// Whether the object has the member, be it null; it then counts as read.
    public mutating func has(_ name: String) -> Bool { take(name) != nil }

    // MARK: - Rules of the caller's, and the end

    /// Records an error of the caller's about a member; "" is the object itself.
    public mutating func fail(_ member: String, _ detail: String) {
        let place = member.isEmpty ? pointer : JSONPointer.appending(member, to: pointer)
        errors.append(JSONFieldError(pointer: place, detail: detail))
    }

    /// Records an error of the caller's about one element of a member that is an array.
    public mutating func fail(_ member: String, element index: Int, _ detail: String) {
        errors.append(
            JSONFieldError(pointer: "\(JSONPointer.appending(member, to: pointer))/\(index)", detail: detail))
    }

    /// Ends the reading: members that were not asked for are errors.
    /// - Throws: `JSONValidationError` with everything that was found.
    public mutating func finish() throws(JSONValidationError) {
        refuseUnknown()
        if !errors.isEmpty { throw JSONValidationError(errors: errors) }
    }

    // MARK: - Reading one member

    private mutating func refuseUnknown() {
        for (index, member) in members.enumerated() where !wasRead[index] {
            wasRead[index] = true
            fail(member.name, "is not known here")
        }
    }

    private mutating func take(_ name: String) -> JSONValue? {
        guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
        wasRead[index] = true
        return members[index].value
    }

    private mutating func required<T>(_ name: String, _ read: (inout Self, JSONValue) -> T?) -> T? {
        guard let value = take(name) else {
            fail(name, "is missing")
            return nil
        }
        return read(&self, value)
    }

    private mutating func optional<T>(_ name: String, _ read: (inout Self, JSONValue) -> T?) -> T? {
        guard let value = take(name), value != .null else { return nil }
        return read(&self, value)
    }

    private mutating func text(_ value: JSONValue, _ name: String, _ length: ClosedRange<Int>) -> String? {
        guard let text = value.string else { return wrong(name, "a string", value) }
        guard length.contains(text.unicodeScalars.count) else {
            fail(name, "must have \(length.lowerBound) to \(length.upperBound) characters")
            return nil
        }
        return text
    }

    private mutating func whole(_ value: JSONValue, _ name: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard let whole = value.integer else { return wrong(name, "an integer", value) }
        guard range.contains(whole) else {
            fail(name, "must be between \(range.lowerBound) and \(range.upperBound)")
            return nil
        }
        return whole
    }

    private mutating func truth(_ value: JSONValue, _ name: String) -> Bool? {
        value.bool ?? wrong(name, "true or false", value)
    }

    private mutating func texts(
        _ value: JSONValue, _ name: String, _ count: ClosedRange<Int>, _ length: ClosedRange<Int>
    ) -> [String]? {
        guard let elements = value.array else { return wrong(name, "an array of strings", value) }
        guard count.contains(elements.count) else {
            fail(name, "must have \(count.lowerBound) to \(count.upperBound) elements")
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            guard let text = element.string, length.contains(text.unicodeScalars.count) else {
                let detail = "must be a string of \(length.lowerBound) to \(length.upperBound) characters"
                let array = JSONPointer.appending(name, to: pointer)
                errors.append(JSONFieldError(pointer: "\(array)/\(index)", detail: detail))
                return nil
            }
            return text
        }
    }

    private mutating func map(
        _ value: JSONValue, _ name: String, _ count: ClosedRange<Int>, _ nameLength: ClosedRange<Int>,
        _ valueLength: ClosedRange<Int>
    ) -> [(name: String, value: String)]? {
        guard let members = value.object else { return wrong(name, "an object of strings", value) }
        guard count.contains(members.count) else {
            fail(name, "must have \(count.lowerBound) to \(count.upperBound) members")
            return nil
        }
        let errorsBefore = errors.count
        let place = JSONPointer.appending(name, to: pointer)
        for member in members {
            let text = member.value.string
            if let text, valueLength.contains(text.unicodeScalars.count),
                nameLength.contains(member.name.unicodeScalars.count)
            {
                continue
            }
            let detail =
                "must be a string of \(valueLength.lowerBound) to \(valueLength.upperBound) characters, its name one of \(nameLength.lowerBound) to \(nameLength.upperBound)"
            errors.append(JSONFieldError(pointer: JSONPointer.appending(member.name, to: place), detail: detail))
        }
        return errors.count == errorsBefore ? members.map { ($0.name, $0.value.string ?? "") } : nil
    }

    private mutating func nested<T>(
        _ value: JSONValue, _ name: String, _ body: (inout JSONObjectReader) -> T
    ) -> T? {
        guard let members = value.object else { return wrong(name, "an object", value) }
        var reader = JSONObjectReader(members: members, pointer: JSONPointer.appending(name, to: pointer))
        let result = body(&reader)
        reader.refuseUnknown()
        errors += reader.errors
        return reader.errors.isEmpty ? result : nil
    }

    private mutating func wrong<T>(_ name: String, _ expected: String, _ value: JSONValue) -> T? {
        fail(name, "must be \(expected), not \(value.kind)")
        return nil
    }
}
