import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Standard output as `up` uses it: whole lines, from several children at once.
struct Terminal: Sendable {
    let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Writes one line. A reader that went away does not stop the services.
    func print(_ line: String) { write(line, to: .standardOutput) }

    /// Writes one line where problems go.
    func complain(_ line: String) { write(line, to: .standardError) }

    private func write(_ line: String, to file: FileHandle) { try? file.write(contentsOf: Data((line + "\n").utf8)) }
}
