import Chassis
import TestSupport
import Testing

@testable import TollgateTool

@Suite struct MailDirectoryTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ name: String, _ text: String) throws {
        try FileAccess.write(Array(text.utf8), to: directory.file(name))
    }

    @Test func everyMailIsShownOnce() throws {
        var mailbox = MailDirectory(path: directory.path)
        try write("2-b.eml", "From: x\r\nTo: <b@c.de>\r\n\r\ntwo\r\n")
        try write("1-a.eml", "From: x\r\nTo: <a@b.co>\r\n\r\none\r\n")
        try write("3-c.eml.1.tmp", "half")
        #expect(try mailbox.unseen() == ["From: x\nTo: <a@b.co>\n\none\n", "From: x\nTo: <b@c.de>\n\ntwo\n"])
        #expect(try mailbox.unseen().isEmpty)
        try write("3-c.eml", "three")
        #expect(try mailbox.unseen() == ["three"])
    }

    @Test func oneRecipientsMailIsPickedOut() throws {
        var mailbox = MailDirectory(path: directory.path, recipient: "A@b.co")
        try write("1.eml", "From: x\r\nTo: <a@b.co>\r\n\r\none")
        try write("2.eml", "From: x\r\nTo: <b@b.co>\r\n\r\ntwo")
        #expect(try mailbox.unseen().count == 1)
    }

    @Test func nothingReachesTheTerminalUnseen() throws {
        var mailbox = MailDirectory(path: directory.path)
        try write("1.eml", "a\u{1B}[2Jb\u{7F}\u{7}c")
        #expect(try mailbox.unseen() == ["a[2Jbc"])
    }

    @Test func aFolderThatIsNotThereIsEmpty() throws {
        var mailbox = MailDirectory(path: directory.file("none"))
        #expect(try mailbox.unseen().isEmpty)
    }
}
