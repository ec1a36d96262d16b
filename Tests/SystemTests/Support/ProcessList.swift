/// The processes of this machine, as `ps` of POSIX lists them on any system.
struct ProcessList {
    struct Entry {
        let process: Int32
        let parent: Int32
        /// It has ended, and nobody has collected its status yet.
        let isZombie: Bool
        /// The last component of the program's path.
        let program: String
    }

    /// All that are there now. Whoever inherits an orphan may be slow to collect its status: it is a zombie until then.
    static func now() async throws -> [Entry] {
        let listing = RunningProgram("/bin/ps", ["-A", "-o", "pid=,ppid=,stat=,args="])
        guard await listing.exitStatus() == 0 else { throw SystemFailure("ps: \(listing.output)") }
        return listing.lines.compactMap(entry)
    }

    private static func entry(_ line: String) -> Entry? {
        let fields = line.split(separator: " ", maxSplits: 3)
        guard fields.count == 4, let process = Int32(fields[0]), let parent = Int32(fields[1]) else { return nil }
        let path = fields[3].split(separator: " ").first ?? ""
        return Entry(
            process: process, parent: parent, isZombie: fields[2].hasPrefix("Z"),
            program: String(path.split(separator: "/").last ?? ""))
    }
}
