public import Configuration

/// The settings of a process: the environment first, then the JSON file that `CONFIG_FILE` names, then the caller's
/// default. A setting has one name everywhere: the file is a flat object, `{"PORT": 8080, "LOG_LEVEL": "debug"}`.
///
/// Every reading states what is allowed; anything else throws a ``SettingsError`` that says so in one line.
public struct Settings: Sendable {
    private let reader: ConfigReader

    /// Settings from any providers of swift-configuration, the first one that has a value wins.
    public init(providers: [any ConfigProvider]) { reader = ConfigReader(providers: providers) }

    /// Settings from the given values alone, for tests.
    public init(_ values: [String: String]) {
        self.init(providers: [EnvironmentVariablesProvider(environmentVariables: values)])
    }

    /// The settings of this process: its environment, then the file at `CONFIG_FILE`.
    /// - Throws: ``SettingsError`` when the file is missing, or is not a JSON object.
    public static func load() throws(SettingsError) -> Settings {
        try load(environment: EnvironmentVariablesProvider())
    }

    /// ``load()`` with the values of another environment.
    public static func load(_ values: [String: String]) throws(SettingsError) -> Settings {
        try load(environment: EnvironmentVariablesProvider(environmentVariables: values))
    }

    /// ``load()`` with another environment.
    public static func load(environment: EnvironmentVariablesProvider) throws(SettingsError) -> Settings {
        let settings = Settings(providers: [environment])
        guard let path = settings.text("CONFIG_FILE") else { return settings }
        let file = try SettingsFile(path: path)
        return Settings(providers: [environment, InMemoryProvider(values: file.values)])
    }

    /// The text of a setting, or `nil`. An empty value counts as not set, as `docker compose` leaves them.
    func text(_ name: String) -> String? {
        let key = ConfigKey([name])
        return reader.string(forKey: key).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A text.
    public func string(_ name: String, default fallback: String) -> String { text(name) ?? fallback }

    /// A text that may be left out.
    public func optionalString(_ name: String) -> String? { text(name) }

    /// A text that must be there; `allowed` says in words what it is.
    public func requiredString(_ name: String, _ allowed: String) throws(SettingsError) -> String {
        guard let value = text(name) else { throw SettingsError(key: name, value: nil, allowed: allowed) }
        return value
    }

    /// A whole number within `range`.
    public func integer(
        _ name: String, in range: ClosedRange<Int>, default fallback: Int
    ) throws(SettingsError) -> Int {
        guard let value = text(name) else { return fallback }
        guard let number = Int(value), range.contains(number) else {
            throw SettingsError(
                key: name, value: value, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number (fractions allowed) within `range`.
    public func number(
        _ name: String, in range: ClosedRange<Double>, default fallback: Double
    ) throws(SettingsError) -> Double {
        guard let value = text(name) else { return fallback }
        guard let number = Double(value), range.contains(number) else {
            throw SettingsError(
                key: name, value: value, allowed: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A time in seconds (fractions allowed) within `range`.
    public func seconds(
        _ name: String, in range: ClosedRange<Double>, default fallback: Double
    ) throws(SettingsError) -> Duration {
        guard let value = text(name) else { return .seconds(fallback) }
        guard let number = Double(value), range.contains(number) else {
            throw SettingsError(
                key: name, value: value, allowed: "seconds from \(range.lowerBound) to \(range.upperBound)")
        }
        return .seconds(number)
    }

    /// `true`, `on`, `yes` or `1`, and their opposites.
    public func bool(_ name: String, default fallback: Bool) throws(SettingsError) -> Bool {
        guard let value = text(name) else { return fallback }
        switch value.lowercased() {
        case "true", "on", "yes", "1": return true
        case "false", "off", "no", "0": return false
        default: throw SettingsError(key: name, value: value, allowed: "on or off")
        }
    }

    /// One of the cases of an enumeration, by its raw value.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws(SettingsError) -> Choice where Choice.RawValue == String {
        guard let value = text(name) else { return fallback }
        guard let choice = Choice(rawValue: value.lowercased()) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw SettingsError(key: name, value: value, allowed: "one of \(all)")
        }
        return choice
    }

    /// A secret: the content of the file that `<name>_FILE` names, or the value of `name`; `nil` when neither is set.
    /// - Throws: ``SettingsError`` when the file cannot be read or is empty. It never holds the value.
    public func secret(_ name: String) throws(SettingsError) -> SecretSource? {
        if let path = text("\(name)_FILE") { return try SecretSource(file: path, key: "\(name)_FILE") }
        return text(name).map { SecretSource(value: $0) }
    }
}
