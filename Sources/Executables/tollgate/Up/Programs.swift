import Foundation

/// Where the services' programs are: beside this one.
enum Programs {
    static func path(of name: String) -> String {
        let own = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        return own.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(name).path
    }
}
