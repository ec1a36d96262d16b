import Chassis

/// The folder that mails are delivered into: one file each, whose names sort by time.
struct MailDirectory {
    let path: String
    /// Only mails to this address are shown; nil shows all.
    let recipient: String?
    private var seen: Set<String> = []

    init(path: String, recipient: String? = nil) {
        self.path = path
        self.recipient = recipient?.lowercased()
    }

    /// The mails that were not returned before, oldest first, with plain line ends. A folder that is not there is empty.
    /// - Throws: `FileError`.
    mutating func unseen() throws(FileError) -> [String] {
        guard FileAccess.version(of: path) != nil else { return [] }
        var mails: [String] = []
        for name in try FileAccess.list(path) where name.hasSuffix(".eml") && !seen.contains(name) {
            seen.insert(name)
            // The oldest go when there are many: one that is not there any more is passed over.
            guard let bytes = try? FileAccess.read("\(path)/\(name)") else { continue }
            let text = Self.printable(bytes)
            if recipient.map({ text.contains("\nTo: <\($0)>\n") }) ?? true { mails.append(text) }
        }
        return mails
    }

    /// Whoever writes into the folder does not write to the terminal.
    private static func printable(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.filter { $0 == 0x0A || $0 >= 0x20 && $0 != 0x7F }, as: UTF8.self)
    }
}
