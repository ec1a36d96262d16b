import Foundation

/// The programs under test: those built beside this test bundle, or the ones in TOLLGATE_BIN.
enum Programs {
    static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["TOLLGATE_BIN"] { return folder }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    }()

    static let tollgate = "\(folder)/tollgate"

    /// The root of the checkout.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
}
