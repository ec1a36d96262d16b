import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One line of a terminal that is written over and over. Where standard output is no terminal, nothing is written.
struct StatusLine: Sendable {
    private let isTerminal: Bool

    init(_ terminal: Terminal) { isTerminal = terminal.isTerminal }

    /// The columns of the terminal now.
    var width: Int { TerminalSize.current.columns }

    func show(_ text: String) { write("\r\u{1B}[2K" + text) }

    func clear() { write("\r\u{1B}[2K") }

    private func write(_ text: String) {
        guard isTerminal else { return }
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}

/// How large the terminal is.
struct TerminalSize: Equatable, Sendable {
    var columns = 80
    var rows = 24

    /// That of standard output; 80 by 24 where it is no terminal.
    static var current: TerminalSize {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return TerminalSize()
        }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
