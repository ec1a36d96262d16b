import Chassis

/// Delivers into a directory: one file a mail, for development and for demonstrations. Whoever can read the directory can
/// take over every account, so it is its owner's alone (0700, files 0600).
struct FileMailSender: MailSender {
    /// Files that are kept; the oldest go.
    static let maximumFiles = 1_000

    let directory: String

    func send(_ message: MailMessage) async -> MailOutcome {
        do {
            try FileAccess.makeDirectory(directory, mode: 0o700)
            // Names sort by time; an id is no more than letters, digits and `_`.
            let time = RFC3339.string(message.date).filter { $0 != ":" }
            try FileAccess.write(message.bytes, to: "\(directory)/\(time)-\(message.id).eml", mode: 0o600)
            let files = try FileAccess.list(directory).filter { $0.hasSuffix(".eml") }
            for name in files.dropLast(Self.maximumFiles) { try FileAccess.remove("\(directory)/\(name)") }
            return .sent
        } catch {
            return .failed("\(error)")
        }
    }
}
