import Foundation

/// A pipe whose write end only this process holds: however `up` ends, `kill -9` included, its children read the end of
/// their standard input, and stop.
final class Lifeline: Sendable {
    /// The read end, for the children. Both ends are closed when a program is executed; a child is given a copy.
    let readEnd: Int32
    private let writeEnd: Int32

    /// - Throws: ``Failure`` when descriptors run out.
    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure("cannot open a pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }
}
