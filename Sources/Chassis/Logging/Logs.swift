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
        var outputs: [any LogOutput] = [DescriptorOutput(STDOUT_FILENO)]
        if let path = settings.file {
            guard let file = try? RotatedFile(path: path, limit: settings.fileLimit, kept: settings.filesKept) else {
                throw SettingsError(key: "LOG_FILE", value: path, allowed: "a file that can be written")
            }
            outputs.append(file)
        }
        self.init(service: service, version: version, settings: settings, outputs: outputs, clock: clock)
    }

    init(
        service: String, version: String, settings: LogSettings, outputs: [any LogOutput], clock: any WallClock
    ) {
        self.settings = settings
        threshold = LogThreshold(settings.level)
        self.clock = clock
        identity = LogIdentity(service: service, version: version)
        writer = LogWriter(outputs: outputs)
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
