import HTTPTypes

/// A named request rate: windows that all have to allow a request, for each of the keys that it is told apart by.
struct RateLimitConfiguration: Sendable, Equatable {
    /// One part of what requests are told apart by.
    enum KeyPart: Sendable, Hashable {
        /// The client's address; the /64 of an IPv6 address.
        case address
        /// The caller, by token or API key.
        case user
        /// The API key; requests with another credential are not counted.
        case apiKey
        /// The route: each has buckets of its own.
        case route
        /// The value of a field.
        case header(HTTPField.Name)

        /// Whether it is known only once the caller is authenticated.
        var needsCaller: Bool { self == .user || self == .apiKey }

        /// Whether nobody can make up as many values as they like.
        var isVouchedFor: Bool { needsCaller || self == .route }
    }

    struct Window: Sendable, Hashable {
        /// The most windows of a limit.
        static let maximumCount = 4

        /// Requests per window.
        var quota: Int
        /// Milliseconds.
        var length: UInt64
        /// Requests that may come at once; at most the quota.
        var burst: Int

        /// What the window is called in the fields, where a limit has several: `per-user-1m`.
        func policyName(of limit: String) -> String { "\(limit)-\(Quantities.text(milliseconds: length))" }
    }

    /// What one kind of caller may do.
    struct Plan: Sendable, Equatable {
        /// Empty for a limit that is the same for everybody.
        var name: String
        var windows: [Window]
    }

    var name: String
    var key: [KeyPart] = [.address]
    /// At least one, in the order of the file.
    var plans: [Plan]
    /// The plan of a caller who has none of them by claim or role.
    var defaultPlan = ""
    /// Whether it applies to every route that lists no limits of its own.
    var isDefault = false

    /// Whether it is asked only after the caller is authenticated: because it has to know who that is, or because a
    /// bucket that everybody shares is not to be emptied by those who are refused before.
    var waitsForCaller: Bool {
        key.contains(where: \.needsCaller) || key.allSatisfy(\.isVouchedFor) || plans.count > 1
    }

    /// The most that one request may cost.
    var leastBurst: Int { plans.flatMap(\.windows).map(\.burst).min() ?? 0 }
}

extension RateLimitConfiguration {
    init?(reading value: DocumentValue, name: String) {
        guard var reader = value.mapping() else { return nil }
        // The name goes into a structured field (RFC 9651 string) as it is.
        if !name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            value.fail("the name must be printable ASCII without spaces and quotes")
        }
        self.init(name: name, plans: [])
        key = reader.optional("key").map(KeyPart.list(reading:)) ?? [.address]
        if let plans = reader.optional("plans") {
            self.plans = (plans.mapping()?.named ?? []).compactMap { Plan(reading: $0.value, name: $0.name) }
            readChoice(&reader, value, plans)
        } else {
            plans = [Plan(name: "", windows: Window.list(&reader, value))]
        }
        isDefault = reader.flag("default", default: false)
        reader.finish()
    }

    private mutating func readChoice(_ reader: inout MappingReader, _ value: DocumentValue, _ list: DocumentValue) {
        if plans.count < 2 { list.fail("needs at least two plans") }
        if let chosen = reader.required("default_plan"), let name = chosen.text() {
            defaultPlan = name
            let names = plans.map(\.name)
            if !names.contains(name) {
                chosen.fail("unknown plan \"\(name)\"\(DidYouMean.hint(for: name, among: names))")
            }
        }
    }
}

extension RateLimitConfiguration.Plan {
    fileprivate init?(reading value: DocumentValue, name: String) {
        guard var reader = value.mapping() else { return nil }
        self.init(name: name, windows: RateLimitConfiguration.Window.list(&reader, value))
        reader.finish()
    }
}

extension RateLimitConfiguration.Window {
    /// Either `windows: [...]` or the one window that `quota`, `window` and `burst` describe.
    fileprivate static func list(_ reader: inout MappingReader, _ value: DocumentValue) -> [Self] {
        guard let listed = reader.optional("windows") else { return [Self(&reader, value)] }
        for key in ["quota", "window", "burst"] where reader.optional(key) != nil {
            value.fail("has either \"windows\" or \"\(key)\"")
        }
        let windows = listed.elements().compactMap { element -> Self? in
            guard var reader = element.mapping() else { return nil }
            defer { reader.finish() }
            return Self(&reader, element)
        }
        if !(1...maximumCount).contains(windows.count) { listed.fail("must have 1 to \(maximumCount) windows") }
        if Set(windows.map(\.length)).count < windows.count { listed.fail("two windows must not be equally long") }
        return windows
    }

    private init(_ reader: inout MappingReader, _ value: DocumentValue) {
        let quota = reader.integer("quota", in: 1...1_000_000_000)
        self.init(
            quota: quota, length: reader.duration("window", in: 1_000...86_400_000),
            burst: reader.integer("burst", in: 1...1_000_000_000, default: quota))
        if burst > quota { value.fail("burst must not be larger than quota") }
    }
}

extension RateLimitConfiguration.KeyPart {
    /// One part, or a list of parts that make up the key together.
    fileprivate static func list(reading value: DocumentValue) -> [Self] {
        guard value.isList else { return [Self(reading: value)].compactMap(\.self) }
        let parts = value.elements().compactMap(Self.init(reading:))
        if parts.isEmpty { value.fail("must have at least one part") }
        if Set(parts).count < parts.count { value.fail("must not have a part twice") }
        return parts
    }

    /// `address`, `user`, `api_key`, `route` or `{ header: NAME }`.
    private init?(reading value: DocumentValue) {
        if value.isMapping {
            guard var reader = value.mapping(), let name = reader.text("header") else { return nil }
            reader.finish()
            guard let field = HTTPField.Name(name) else {
                value.fail("\"\(name)\" is no name of a field")
                return nil
            }
            self = .header(field)
            return
        }
        guard let text = value.text() else { return nil }
        switch text {
        case "address": self = .address
        case "user": self = .user
        case "api_key": self = .apiKey
        case "route": self = .route
        default:
            let hint = DidYouMean.hint(for: text, among: ["address", "user", "api_key", "route"])
            value.fail("must be address, user, api_key, route or { header: NAME }, not \"\(text)\"\(hint)")
            return nil
        }
    }
}
