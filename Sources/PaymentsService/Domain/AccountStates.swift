/// The states of an account, and who may bring about which.
///
/// ```
///            freeze                         close, at zero
///   open ◀───────────▶ frozen (by owner) ─────────────────▶ closed
///    ▲ │    unfreeze        │ freeze by support               ▲
///    │ └──────────▶ frozen (by support)                       │
///    └─ unfreeze by support ─┘            open: close, at zero ┘
/// ```
extension Account {
    /// Who changes an account.
    enum Keeper: String, Sendable {
        case owner
        /// Somebody of the staff; what they froze the owner neither unfreezes nor closes.
        case support
    }

    /// A change of state.
    enum Act: String, Sendable {
        case freeze, unfreeze, close
    }

    /// The account after an act; the same when it is as wanted already.
    ///
    /// - Parameters:
    ///   - keeper: Who acts.
    ///   - now: Milliseconds since 1970.
    func after(_ act: Act, by keeper: Keeper, at now: Int64) -> Result<Account, Refusal> {
        switch act {
        case .freeze: frozen(by: keeper)
        case .unfreeze: unfrozen(by: keeper)
        case .close: closed(by: keeper, at: now)
        }
    }

    private func frozen(by keeper: Keeper) -> Result<Account, Refusal> {
        guard status != .closed else { return .failure(.accountClosed) }
        guard status == .open || (frozenBy == .owner && keeper == .support) else { return .success(self) }
        return .success(changed { ($0.status, $0.frozenBy) = (.frozen, keeper) })
    }

    private func unfrozen(by keeper: Keeper) -> Result<Account, Refusal> {
        switch status {
        case .closed: return .failure(.accountClosed)
        case .open: return .success(self)
        case .frozen:
            guard isInHands(of: keeper) else { return .failure(.frozenBySupport) }
            return .success(changed { ($0.status, $0.frozenBy) = (.open, nil) })
        }
    }

    private func closed(by keeper: Keeper, at now: Int64) -> Result<Account, Refusal> {
        guard status != .closed else { return .success(self) }
        guard isInHands(of: keeper) else { return .failure(.frozenBySupport) }
        guard balance.isZero else { return .failure(.moneyLeft) }
        return .success(changed { ($0.status, $0.frozenBy, $0.closedAt) = (.closed, nil, now) })
    }

    private func isInHands(of keeper: Keeper) -> Bool {
        keeper == .support || status != .frozen || frozenBy == .owner
    }

    private func changed(_ change: (inout Account) -> Void) -> Account {
        var account = self
        change(&account)
        account.version += 1
        return account
    }

    /// The account under another name, or under none.
    func renamed(_ name: AccountName?) -> Result<Account, Refusal> {
        guard status != .closed else { return .failure(.accountClosed) }
        guard self.name != name else { return .success(self) }
        return .success(changed { $0.name = name })
    }
}

extension Balance {
    /// Whether nothing is there and nothing is on its way.
    var isZero: Bool { posted == 0 && creditsPending == 0 && debitsPending == 0 }
}
