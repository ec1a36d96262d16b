import Testing

@testable import PaymentsService

@Suite struct AccountStatesTests {
    private static func account(_ state: String, posted: Int64 = 0, pending: Int64 = 0) -> Account {
        var account = Account(
            id: "acct_1", owner: "ann", currency: "USD",
            balance: Balance(creditsPosted: posted, creditsPending: pending), createdAt: 1)
        switch state {
        case "owner", "support": (account.status, account.frozenBy) = (.frozen, Account.Keeper(rawValue: state))
        case "closed": (account.status, account.closedAt) = (.closed, 5)
        default: break
        }
        return account
    }

    private static func name(_ result: Result<Account, Refusal>) -> String {
        switch result {
        case .success(let account): account.frozenBy?.rawValue ?? account.status.rawValue
        case .failure(let refusal): "\(refusal)"
        }
    }

    /// State before; then what freeze, unfreeze and close by the owner, freeze and unfreeze by support come to.
    static let table = [
        ("open", ["owner", "open", "closed", "support", "open"]),
        ("owner", ["owner", "open", "closed", "support", "open"]),
        ("support", ["support", "frozenBySupport", "frozenBySupport", "support", "open"]),
        ("closed", ["accountClosed", "accountClosed", "closed", "accountClosed", "accountClosed"]),
    ]

    @Test("Every act in every state", arguments: table)
    func acts(state: String, expected: [String]) {
        let account = Self.account(state)
        let acts: [(Account.Act, Account.Keeper)] = [
            (.freeze, .owner), (.unfreeze, .owner), (.close, .owner), (.freeze, .support), (.unfreeze, .support),
        ]
        for ((act, keeper), expected) in zip(acts, expected) {
            let result = account.after(act, by: keeper, at: 9)
            #expect(Self.name(result) == expected, "\(state): \(act) by \(keeper)")
            guard case .success(let after) = result else { continue }
            #expect(after.version == account.version + (after == account ? 0 : 1))
            #expect((after.closedAt != nil) == (after.status == .closed))
            #expect((after.frozenBy != nil) == (after.status == .frozen))
            #expect(after.balance == account.balance && after.id == account.id)
        }
    }

    @Test("Only what is empty is closed", arguments: [(Int64(1), Int64(0)), (0, 1), (1, 1)])
    func money(posted: Int64, pending: Int64) {
        let result = Self.account("open", posted: posted, pending: pending).after(.close, by: .owner, at: 9)
        #expect(result == .failure(.moneyLeft))
    }

    @Test(
        "Names that are none",
        arguments: [
            "", " a", "a ", "a\u{A0}", "a\nb", "a\u{0}b", "a\u{202E}b", "a\u{2028}b", "a\u{7F}", "\u{FEFF}a",
            String(repeating: "a", count: 65),
        ])
    func invalidNames(name: String) {
        #expect(AccountName(name) == nil)
    }

    @Test(
        "Names",
        arguments: ["a", "Savings 2026", "=1+1", "家計", "👩\u{200D}👧 \u{1F3E0}", String(repeating: "ä", count: 64)])
    func names(name: String) {
        #expect(AccountName(name)?.text == name)
    }
}
