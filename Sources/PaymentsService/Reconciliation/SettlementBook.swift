/// The books of one side, in the order of the keys.
protocol SettlementBook: Sendable {
    /// The orders whose keys come after one, at most `limit`, by key; from the first on after nil.
    func settlements(after key: String?, limit: Int) async throws -> [Settlement]
    /// The order with this key, as it is now.
    func settlement(_ key: String) async throws -> Settlement?
}

/// Goes through a book, a page at a time.
struct SettlementCursor {
    private let book: any SettlementBook
    private let pageSize: Int
    private var page: ArraySlice<Settlement> = []
    private var last: String?
    private var isAtEnd = false

    init(_ book: any SettlementBook, pageSize: Int) {
        self.book = book
        self.pageSize = pageSize
    }

    /// The next order, not taken yet; nil at the end.
    mutating func peek() async throws -> Settlement? {
        if page.isEmpty, !isAtEnd {
            page = try await book.settlements(after: last, limit: pageSize)[...]
            isAtEnd = page.count < pageSize
            last = page.last?.key
        }
        return page.first
    }

    mutating func take() { page.removeFirst() }
}
