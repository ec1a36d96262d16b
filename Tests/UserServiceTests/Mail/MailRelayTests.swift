import Chassis
import Logging
import Storage
import TestSupport
import Testing

@testable import UserService

@Suite struct MailRelayTests {
    private let store: StoreFixture
    private let sender = CollectingSender()
    private let log = LineCollector()
    private let metrics = MetricsRegistry()
    private let relay: MailRelay
    private let user: User

    init() async throws {
        store = try await StoreFixture()
        user = try await store.addUser()
        let log = log
        relay = MailRelay(
            outbox: store.outbox, sender: sender, composer: MailFixture.composer(store.credentialKey),
            metrics: MailMetrics(metrics), logger: Logger(label: "test") { _ in log })
    }

    private func add(_ kind: MailKind = .passwordChanged, to recipient: EmailAddress?) async throws {
        let (outbox, now, id) = (store.outbox, store.clock.now, user.id)
        try await store.database.write { transaction in
            try outbox.add(kind, to: recipient, of: id, salt: nil, now: now, in: transaction)
        }
    }

    @Test func whatWaitsIsSentOnceAndGoes() async throws {
        for _ in 0..<6 { try await add(to: user.email) }
        #expect(await relay.sendDue() == 4)
        #expect(await relay.sendDue() == 2)
        #expect(await relay.sendDue() == 0)
        #expect(Set(sender.messages.map(\.id)).count == 6)
        #expect(try await store.outbox.depth() == .init())
    }

    @Test func aMailToNobodyGoesUnsent() async throws {
        try await add(to: nil)
        #expect(await relay.sendDue() == 1)
        #expect(sender.messages.isEmpty)
        #expect(try await store.outbox.depth() == .init())
    }

    @Test func aFailureIsTriedAgainWithGrowingWaits() async throws {
        sender.answer(.failed("RCPT was answered 451"))
        try await add(to: user.email)
        var waits: [Int64] = []
        while try await store.outbox.depth().pending > 0, waits.count < 20 {
            #expect(await relay.sendDue() == 1)
            #expect(await relay.sendDue() == 0)
            let due = try await store.database.read {
                try $0.first("SELECT due_at FROM mails") { try $0.optionalInt64(0) } ?? nil
            }
            guard let due else { break }
            waits.append(due - store.clock.now)
            store.clock.advance(milliseconds: due - store.clock.now)
        }
        #expect(waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048].map { $0 * 1_000 })
        #expect(try await store.outbox.depth().dead == 1)
        #expect(log.lines.last?.contains("given up") == true)
        #expect(!log.lines.joined().contains("ada@"))
    }

    @Test func aFailureThatPassesCostsNothing() async throws {
        sender.answer(.failed("no"))
        try await add(to: user.email)
        _ = await relay.sendDue()
        sender.answer(.sent)
        store.clock.advance(seconds: 2)
        #expect(await relay.sendDue() == 1)
        #expect(sender.messages.count == 1)
    }

    @Test func aRefusalIsFinalAndKeptForAWhile() async throws {
        sender.answer(.refused("RCPT was answered 550"))
        try await add(to: user.email)
        _ = await relay.sendDue()
        #expect(try await store.outbox.depth() == .init(pending: 0, dead: 1, oldest: nil))
        let failure = try await store.database.read {
            try $0.first("SELECT failure FROM mails") { try $0.string(0) }
        }
        #expect(failure == "RCPT was answered 550")
        #expect(try await store.outbox.removeOld() == 0)
        store.clock.advance(milliseconds: MailOutbox.deadRetention + 1)
        #expect(try await store.outbox.removeOld() == 1)
    }

    /// The disk is full: who has had a mail is not to get it at each look at the outbox until there is room again.
    @Test func whatCannotBeWrittenDownIsNotSentAgain() async throws {
        let database = InterleavedDatabase(store.database)
        let log = log
        let relay = MailRelay(
            outbox: MailOutbox(database: database, clock: store.clock, identifiers: store.identifiers), sender: sender,
            composer: MailFixture.composer(store.credentialKey), metrics: MailMetrics(metrics),
            logger: Logger(label: "test") { _ in log })
        for _ in 0..<3 { try await add(to: user.email) }
        for _ in 0..<5 {
            database.fail(afterWrites: 0, DatabaseError.unavailable(message: "the disk is full"))
            #expect(await relay.sendDue() == 0)
        }
        #expect(sender.messages.count == 3)
        _ = await relay.sendDue()
        #expect(sender.messages.count == 3)
        #expect(try await store.outbox.depth() == .init())
        // Nor is a failure forgotten.
        sender.answer(.failed("RCPT was answered 451"))
        try await add(to: user.email)
        database.fail(afterWrites: 0)
        #expect(await relay.sendDue() == 0)
        sender.answer(.sent)
        #expect(await relay.sendDue() == 0)
        store.clock.advance(seconds: 2)
        #expect(await relay.sendDue() == 1)
        #expect(sender.messages.count == 4)
    }

    /// A token that expired while the server was away is not sent any more.
    @Test func nothingIsSentTooLate() async throws {
        try await add(.resetPassword, to: user.email)
        store.clock.advance(milliseconds: OneTimeToken.Purpose.resetPassword.life)
        _ = await relay.sendDue()
        #expect(sender.messages.isEmpty)
        #expect(try await store.outbox.depth().dead == 1)
    }

    @Test func theMailOfAnErasedUserGoesAlong() async throws {
        try await add(to: user.email)
        let id = user.id
        _ = try await store.database.write { try $0.execute("DELETE FROM users WHERE id = ?", .text(id)) }
        #expect(try await store.outbox.depth() == .init())
    }

    @Test(arguments: [(1, 0, 2_000), (5, 0, 32_000), (11, 0, 2_048_000)]) func waitsDouble(
        _ attempts: Int, _ age: Int64, _ wait: Int64
    ) {
        #expect(MailRetry().wait(after: attempts, age: age, life: 86_400_000) == wait)
    }

    @Test func waitsAreBounded() {
        let retry = MailRetry(maximumAttempts: 100)
        #expect(retry.wait(after: 99, age: 0, life: .max) == 3_600_000)
        #expect(retry.wait(after: 100, age: 0, life: .max) == nil)
        #expect(retry.wait(after: 1, age: 1_799_000, life: 1_800_000) == nil)
    }

    // MARK: - Files

    @Test func filesAreTheOwnersAlone() async throws {
        let directory = try TemporaryDirectory()
        let files = FileMailSender(directory: directory.file("mail"))
        #expect(await files.send(MailFixture.message()) == .sent)
        let names = try FileAccess.list(directory.file("mail"))
        #expect(names == ["2023-11-14T221320.000Z-mail_1.eml"])
        #expect(try FileAccess.read("\(directory.file("mail"))/\(names[0])") == MailFixture.message().bytes)
        #expect(mode(directory.file("mail")) == 0o700 && mode("\(directory.file("mail"))/\(names[0])") == 0o600)
        // The same mail again, after a crash, is one file.
        #expect(await files.send(MailFixture.message()) == .sent)
        #expect(try FileAccess.list(directory.file("mail")).count == 1)
    }

    @Test func aDirectoryThatIsAFileIsAFailure() async throws {
        let directory = try TemporaryDirectory()
        try FileAccess.write([], to: directory.file("mail"))
        guard case .failed = await FileMailSender(directory: directory.file("mail")).send(MailFixture.message()) else {
            Issue.record("sent")
            return
        }
    }
}

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The permissions of a file.
private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt32(status.st_mode) & 0o777 : 0
}
