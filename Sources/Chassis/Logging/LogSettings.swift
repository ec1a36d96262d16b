public import Logging

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// How lines are written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case json
    /// For people.
    case text
    /// Text when standard output is a terminal, else JSON.
    case auto

    /// ``json`` or ``text``.
    var resolved: LogFormat { self != .auto ? self : isatty(STDOUT_FILENO) == 1 ? .text : .json }
}

/// The settings of the log.
public struct LogSettings: Sendable {
    /// `LOG_LEVEL`, default `info`.
    public var level: Logger.Level
    /// `LOG_FORMAT`, default `auto`.
    public var format: LogFormat
    /// `LOG_FILE`: a file that gets the same lines, or `nil`.
    public var file: String?
    /// `LOG_FILE_MAX_BYTES`: the size at which the file becomes `<file>.1`; default 16 MiB.
    public var fileLimit: Int
    /// `LOG_FILE_KEEP`: how many older files are kept; default 3.
    public var filesKept: Int
    /// `ACCESS_LOG`, default on.
    public var accessLog: Bool
    /// `ACCESS_LOG_SAMPLE_RATIO`: the share of ordinary requests that have a line, 0 to 1; default 1.
    public var accessLogRatio: Double

    /// Reads them.
    public init(_ settings: Settings) throws(SettingsError) {
        level = try settings.choice("LOG_LEVEL", default: Logger.Level.info)
        format = try settings.choice("LOG_FORMAT", default: LogFormat.auto)
        file = settings.optionalString("LOG_FILE")
        fileLimit = try settings.integer("LOG_FILE_MAX_BYTES", in: 4_096...(1 << 40), default: 16 << 20)
        filesKept = try settings.integer("LOG_FILE_KEEP", in: 0...100, default: 3)
        accessLog = try settings.bool("ACCESS_LOG", default: true)
        accessLogRatio = try settings.number("ACCESS_LOG_SAMPLE_RATIO", in: 0...1, default: 1)
    }
}
