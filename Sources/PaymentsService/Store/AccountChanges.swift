import Chassis
import HTTP
import ServiceStorage
import Storage

/// What a change of an account came to, where no key is involved.
enum AccountOutcome: Sendable {
    case changed(Account)
    /// There is no such account, or it is another user's.
    case missing
    /// The account is not in the version that the caller has seen.
    case conflict
    case refused(Refusal)
}

extension PaymentsStore {
    /// Gives an account of `owner` another name, or none.
    ///
    /// - Parameter condition: Whether the version that there is may be changed.
    func rename(
        _ id: String, of owner: String, to name: AccountName?, if condition: @escaping @Sendable (Int64) -> Bool
    ) async throws -> AccountOutcome {
        try await database.write { transaction in
            guard let account = try transaction.account(id, of: owner) else { return .missing }
            guard condition(account.version) else { return .conflict }
            switch account.renamed(name) {
            case .failure(let refusal): return .refused(refusal)
            case .success(let renamed):
                try transaction.save(renamed, instead: account)
                return .changed(renamed)
            }
        }
    }

    /// Freezes, unfreezes or closes an account of `owner` for its owner, at most once where the request carries a key.
    ///
    /// - Throws: `Problem` 409 to a request without a key, when the account's state does not allow it.
    func act(
        _ act: Account.Act, on id: String, of owner: String, once request: KeyedRequest?
    ) async throws -> KeyedOutcome {
        let now = clock.now
        return try await database.write { transaction in
            try transaction.perform(request, at: now) {
                guard let account = try transaction.account(id, of: owner) else { return .failure(.accountNotFound) }
                return try account.after(act, by: .owner, at: now).map { changed in
                    try transaction.save(changed, instead: account)
                    return StoredAnswer(status: 200, body: changed.json, location: nil)
                }
            }
        }
    }

    /// Freezes or unfreezes anybody's account for somebody of the staff, who leaves a line in the audit log, also when it
    /// is refused.
    ///
    /// - Parameter reason: For colleagues, in the line.
    func act(
        _ act: Account.Act, on id: String, by origin: AuditOrigin, because reason: String
    ) async throws -> AccountOutcome {
        let now = clock.now
        return try await database.write { transaction in
            guard let account = try transaction.account(id) else { return .missing }
            let result: Result<Account, Refusal> =
                account.owner == origin.actor ? .failure(.ownAccount) : account.after(act, by: .support, at: now)
            var entry = AuditEntry(action: .init(act), target: id, before: account.auditText)
            switch result {
            case .failure(let refusal):
                entry.outcome = .refused(code: refusal.problem.code)
                try audit.append(entry, by: origin, now: now, in: transaction)
                return .refused(refusal)
            case .success(let changed):
                // The same again changes nothing, and is no act.
                guard changed != account else { return .changed(account) }
                try transaction.save(changed, instead: account)
                entry.after = changed.auditText(reason: reason)
                try audit.append(entry, by: origin, now: now, in: transaction)
                return .changed(changed)
            }
        }
    }
}

extension Transaction {
    /// Does `body`, at most once where the request carries a key.
    ///
    /// - Throws: The `Problem` of a refusal to a request without a key.
    func perform(
        _ request: KeyedRequest?, at now: Int64, _ body: () throws -> Result<StoredAnswer, Refusal>
    ) throws -> KeyedOutcome {
        if let request { return try once(request, at: now, body) }
        switch try body() {
        case .success(let answer): return .answered(answer)
        case .failure(let refusal): throw refusal.problem
        }
    }

    /// Stores name and state of an account. The totals are the ledger's alone.
    fileprivate func save(_ account: Account, instead old: Account) throws {
        guard account != old else { return }
        let changed = try execute(
            """
            UPDATE accounts SET name = ?2, status = ?3, frozen_by = ?4, closed_at = ?5, version = ?6 WHERE id = ?1
            """,
            .text(account.id), SQLValue(account.name?.text), .text(account.status.rawValue),
            SQLValue(account.frozenBy?.rawValue), SQLValue(account.closedAt), .integer(account.version))
        guard changed == 1 else { throw LedgerError.accountVanished(account.id) }
    }
}

extension Result {
    /// `map` whose closure may throw.
    fileprivate func map<T>(_ transform: (Success) throws -> T) throws -> Result<T, Failure> {
        switch self {
        case .success(let value): .success(try transform(value))
        case .failure(let failure): .failure(failure)
        }
    }
}
