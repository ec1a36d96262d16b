import Chassis
import Logging
import ServiceLifecycle
import Synchronization

/// Sends what waits in the outbox: a few mails at a time, again after failures with growing waits, until it gives one up.
struct MailRelay: Service {
    let outbox: MailOutbox
    let sender: any MailSender
    let composer: MailComposer
    let metrics: MailMetrics
    let logger: Logger
    var retry = MailRetry()
    /// How often it looks for mail: one read of an index's beginning.
    var interval = Duration.milliseconds(200)

    /// Mails under way at a time.
    private static let width = 4
    private let unsettled = UnsettledMails()

    func run() async {
        await cancelWhenGracefulShutdown {
            var looks = 0
            while !Task.isCancelled {
                let didSend = await sendDue() > 0
                // The numbers change with what is sent here, and with what others write.
                if didSend || looks % 25 == 0 { await report() }
                looks += 1
                if !didSend { try? await Task.sleep(for: interval) }
            }
        }
    }

    /// Tries what is due once.
    ///
    /// What was tried and could not be written down is written down before anything else is tried: a database that takes
    /// nothing for a while must not have the same mail sent at each look.
    /// - Returns: How many tries there were; 0 when the database could not be asked, which the next look does.
    func sendDue() async -> Int {
        do {
            try await settle(unsettled.take())
            guard try await outbox.hasDue() else { return 0 }
            let due = try await outbox.due(limit: Self.width)
            let outcomes = await withTaskGroup(of: (StoredMail, MailOutcome).self) { group in
                for mail in due { group.addTask { (mail, await outcome(mail)) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            try await settle(outcomes)
            return due.count
        } catch {
            logger.warning("Could not work on the outbox of mail", metadata: ["error": "\(error)"])
            return 0
        }
    }

    private func outcome(_ mail: StoredMail) async -> MailOutcome {
        guard let message = composer.message(mail) else { return .sent }
        guard outbox.clock.now - mail.createdAt < mail.kind.life else { return .refused("too old to be of use") }
        return await sender.send(message)
    }

    private func settle(_ outcomes: [(StoredMail, MailOutcome)]) async throws {
        for (index, (mail, outcome)) in outcomes.enumerated() {
            do {
                try await settle(mail, outcome)
            } catch {
                unsettled.keep(outcomes[index...])
                throw error
            }
        }
    }

    private func settle(_ mail: StoredMail, _ outcome: MailOutcome) async throws {
        let reason: String
        var due: Int64?
        switch outcome {
        case .sent:
            try await outbox.remove([mail.id])
            if mail.recipient != nil { metrics.sent.increment() }
            return
        case .failed(let why):
            reason = why
            let now = outbox.clock.now
            due = retry.wait(after: mail.attempts + 1, age: now - mail.createdAt, life: mail.kind.life)
                .map { now + $0 }
        case .refused(let why): reason = why
        }
        try await outbox.postpone(mail.id, to: due, failure: reason)
        metrics.failures.increment()
        logger.warning(
            due == nil ? "A mail was given up" : "A mail could not be sent; it is tried again",
            metadata: ["mail": "\(mail.id)", "kind": "\(mail.kind.rawValue)", "reason": "\(reason)"])
    }

    private func report() async {
        guard let depth = try? await outbox.depth() else { return }
        metrics.pending.set(depth.pending)
        metrics.dead.set(depth.dead)
        metrics.age.set(depth.oldest.map { Double(max(0, outbox.clock.now - $0)) / 1_000 } ?? 0)
    }
}

/// What became of mails, where the database has not taken it yet.
private final class UnsettledMails: Sendable {
    private let outcomes = Mutex<[(StoredMail, MailOutcome)]>([])

    func keep(_ more: ArraySlice<(StoredMail, MailOutcome)>) { outcomes.withLock { $0 += more } }

    func take() -> [(StoredMail, MailOutcome)] {
        outcomes.withLock { outcomes in
            defer { outcomes = [] }
            return outcomes
        }
    }
}

/// What the relay counts.
struct MailMetrics: Sendable {
    let sent: CounterMetric
    let failures: CounterMetric
    let pending: GaugeMetric
    let dead: GaugeMetric
    let age: GaugeMetric

    init(_ metrics: MetricsRegistry) {
        sent = metrics.counter(UserServiceMetricSet.declared.mailsSent)
        failures = metrics.counter(UserServiceMetricSet.declared.mailFailures)
        pending = metrics.gauge(UserServiceMetricSet.declared.mailsPending)
        dead = metrics.gauge(UserServiceMetricSet.declared.mailsDead)
        age = metrics.gauge(UserServiceMetricSet.declared.mailOldest)
    }
}
