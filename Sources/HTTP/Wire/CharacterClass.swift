/// Which bytes may stand where in a head, as bits in a table of 256 that is looked up once per byte.
struct CharacterClass: OptionSet {
    let rawValue: UInt8

    /// RFC 9110 section 5.6.2: method, field name.
    static let token = CharacterClass(rawValue: 1)
    /// RFC 3986 section 3.3 and `/`, plus `[ ] |`, which browsers send unencoded.
    static let path = CharacterClass(rawValue: 2)
    /// What `path` allows and `?`, plus `{ } \ ^` and the back quote, which browsers send unencoded.
    static let query = CharacterClass(rawValue: 4)
    /// RFC 9110 section 5.5: visible characters, space, tab, and bytes above 127.
    static let value = CharacterClass(rawValue: 8)
    /// Host and port: the part of RFC 3986 section 3.2.2 that names and addresses use. No userinfo, no list.
    static let host = CharacterClass(rawValue: 16)
    /// RFC 3986 section 2.3, which never needs percent-encoding.
    static let unreserved = CharacterClass(rawValue: 32)
    /// The underscore alone, which a field name may have and should not.
    static let underscore = CharacterClass(rawValue: 64)

    /// The table. A plain pointer, because the parser looks up every byte of a head and an array would check each
    /// index; it is never freed, and never written to again.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for byte in UInt8.min...UInt8.max { table[Int(byte)] = classes(of: byte).rawValue }
        return UnsafePointer(table)
    }()

    private static func classes(of byte: UInt8) -> CharacterClass {
        var classes: CharacterClass = []
        if byte >= 0x20 && byte != 0x7F || byte == 0x09 { classes.insert(.value) }
        guard byte < 0x80 else { return classes }
        let character = Character(Unicode.Scalar(byte))
        let isAlphanumeric = character.isLetter || character.isNumber
        if isAlphanumeric || "-._~".contains(character) { classes.formUnion([.unreserved, .path, .query, .host]) }
        if isAlphanumeric || "!#$%&'*+-.^_`|~".contains(character) { classes.insert(.token) }
        if "!$&'()*+,;=%:@/[]|".contains(character) { classes.formUnion([.path, .query]) }
        if "?{}\\^`".contains(character) { classes.insert(.query) }
        if character == "_" { classes.insert(.underscore) }
        if ":[]".contains(character) { classes.insert(.host) }
        return classes
    }
}
