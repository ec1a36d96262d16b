public import Logging

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The log of a process: its writer, and the loggers on top.
public final class Logs: Sendable {
    /// Collects and writes the lines.
    public let writer: LogWriter
    let identity: LogIdentity
    let settings: LogSettings
    /// The level of all its loggers, `LOG_LEVEL` at first.
    let threshold: LogThreshold
    let clock: any WallClock

    /// A log to standard output and, where the settings say so, a file.
    /// - Throws: ``SettingsError`` when `LOG_FILE` cannot be written.
    public convenience init(
        service: String, version: String, settings: LogSettings, clock: any WallClock = SystemWallClock()
    ) throws(SettingsError) {
        let writer = LogWriter(outputs: try Self.outputs(settings))
        self.init(service: service, version: version, settings: settings, writer: writer, clock: clock)
    }

    convenience init(
        service: String, version: String, settings: LogSettings, outputs: [any LogOutput], clock: any WallClock
    ) {
        self.init(
            service: service, version: version, settings: settings, writer: LogWriter(outputs: outputs), clock: clock)
    }

    /// A log whose lines go through a writer that other logs use too.
    init(
        service: String, version: String, settings: LogSettings, writer: LogWriter,
        clock: any WallClock = SystemWallClock()
    ) {
        self.settings = settings
        self.writer = writer
        self.clock = clock
        threshold = LogThreshold(settings.level)
        identity = LogIdentity(service: service, version: version)
    }

    /// Where the lines of a process go.
    static func outputs(_ settings: LogSettings) throws(SettingsError) -> [any LogOutput] {
        let standard = DescriptorOutput(STDOUT_FILENO)
        guard let path = settings.file else { return [standard] }
        guard let file = try? RotatedFile(path: path, limit: settings.fileLimit, kept: settings.filesKept) else {
            throw SettingsError(key: "LOG_FILE", value: path, allowed: "a file that can be written")
        }
        return [standard, file]
    }

    /// A logger whose lines go to this log.
    public func logger(_ label: String) -> Logger {
        let handler = handler()
        return Logger(label: label) { _ in handler }
    }

    func handler() -> ChassisLogHandler {
        ChassisLogHandler(
            writer: writer, identity: identity, format: settings.format, threshold: threshold, clock: clock)
    }
}
