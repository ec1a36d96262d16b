import Storage

/// What a reader of events asks for.
struct EventQuery: Sendable, Hashable {
    /// The position behind which to begin.
    var after: Int64 = 0
    /// How many at most.
    var limit = 20
    /// The types to show; `nil` for all.
    var types: Set<String>?
}

extension PaymentsStore {
    /// The most rows that one page is looked for in. A page may come back short, with ``EventPage/hasMore``.
    static let mostEventsScanned: Int64 = 10_000

    /// The next events that concern `user`.
    ///
    /// - Returns: `nil` when `query.after` lies behind the last event that there is: it is a position of another feed.
    func events(of user: String, _ query: EventQuery, scanning most: Int64 = mostEventsScanned) async throws
        -> EventPage?
    {
        try await database.read { reader in
            let last = try reader.lastEvent()
            guard query.after <= last else { return nil }
            let distributed = try reader.distributed()
            var page = EventPage(events: [], next: query.after, hasMore: false)
            if query.after < distributed {
                page = try reader.indexedEvents(of: user, query, through: distributed, scanning: most)
            }
            if !page.hasMore {
                try reader.appendTail(to: &page, of: user, query, through: last, scanning: most)
            }
            return page
        }
    }

    /// The position of the last event, whoever it concerns; 0 when there is none.
    func lastEvent() async throws -> Int64 {
        try await database.lookup { try $0.lastEvent() }
    }

    /// Whom the next events concern, and the position behind them.
    func concerned(after position: Int64, limit: Int) async throws -> (users: Set<String>, next: Int64) {
        try await database.read { reader in
            var (users, next): (Set<String>, Int64) = ([], position)
            try reader.forEach(
                "SELECT sequence, owner, other_owner FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?",
                .integer(position), SQLValue(limit)
            ) { row in
                next = try row.int64(0)
                users.insert(try row.string(1))
                if let other = try row.optionalString(2) { users.insert(other) }
            }
            return (users, next)
        }
    }
}

extension Reader {
    /// The position of the last event.
    func lastEvent() throws -> Int64 {
        try first("SELECT MAX(sequence) FROM outbox") { try $0.optionalInt64(0) ?? 0 } ?? 0
    }

    /// The position up to which events are in the index of their users.
    func distributed() throws -> Int64 {
        try first("SELECT distributed FROM outbox_position") { try $0.int64(0) } ?? 0
    }

    /// What the index has. Filtering happens in it, so that only events that are shown are read.
    fileprivate func indexedEvents(
        of user: String, _ query: EventQuery, through distributed: Int64, scanning most: Int64
    ) throws -> EventPage {
        var page = EventPage(events: [], next: query.after, hasMore: false)
        var (found, scanned): ([Int64], Int64) = ([], 0)
        try self.query(
            "SELECT sequence, type FROM user_events WHERE user = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            values: [.text(user), .integer(query.after), .integer(most)]
        ) { row in
            scanned += 1
            let type = try row.string(1)
            let shown = query.types?.contains(type) ?? true
            page.hasMore = scanned == most || (shown && found.count == query.limit)
            if shown, found.count == query.limit { return false }
            page.next = try row.int64(0)
            if shown { found.append(page.next) }
            return true
        }
        if !page.hasMore { page.next = distributed }
        page.events = try found.compactMap { sequence in
            try first(StoredEvent.columns + " WHERE sequence = ?", .integer(sequence), map: StoredEvent.init)
        }
        return page
    }

    /// What has happened since the index was written: usually the events of a tenth of a second.
    fileprivate func appendTail(
        to page: inout EventPage, of user: String, _ query: EventQuery, through last: Int64, scanning most: Int64
    ) throws {
        let end = min(last, page.next + most)
        page.hasMore = end < last
        try self.query(
            StoredEvent.columns
                + " WHERE sequence > ?1 AND sequence <= ?2 AND (owner = ?3 OR other_owner = ?3) ORDER BY sequence",
            values: [.integer(page.next), .integer(end), .text(user)]
        ) { row in
            let event = try StoredEvent(row)
            guard query.types?.contains(event.type) ?? true else { return true }
            if page.events.count == query.limit {
                page.hasMore = true
                return false
            }
            page.events.append(event)
            page.next = event.sequence
            return true
        }
        if !page.hasMore || page.events.count < query.limit { page.next = end }
    }
}
