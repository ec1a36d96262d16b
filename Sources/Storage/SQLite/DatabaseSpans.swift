import Spans

// The spans of a database: one for each transaction, and in sampled traces one for each statement, with its text and never
// with a value.

/// A reader whose statements are spans of sampled traces.
struct TracedReader: Reader {
    let reader: any Reader
    let span: ActiveSpan

    func query(_ sql: SQL, values: [SQLValue], _ body: (Row) throws -> Bool) throws {
        guard span.record.isSampled else { return try reader.query(sql, values: values, body) }
        let statement = span.begin(sql)
        do {
            try reader.query(sql, values: values, body)
            statement.end()
        } catch {
            statement.end(error)
            throw error
        }
    }
}

extension ActiveSpan {
    /// Begins the span of a statement.
    func begin(_ sql: SQL) -> ActiveSpan {
        let span = begin(.statement)
        let text = sql.string
        record.set(.databaseOperation, text: String(text.prefix { $0.isLetter }), of: span.index)
        record.set(.databaseQuery, text: text, of: span.index)
        return span
    }

    /// Notes how long a write has waited for the writer.
    func note(waited nanoseconds: UInt64) {
        record.set(.databaseWait, .integer(Int64(clamping: nanoseconds / 1_000)), of: index)
    }

    /// Ends a write whose batch of so many is over.
    func end(batch count: Int, _ failure: DatabaseError?) {
        record.set(.databaseBatch, count, of: index)
        if let failure { end(failure) } else { end() }
    }

    /// Ends a transaction or a statement that has failed. What a body throws for reasons of its own is not an error of
    /// the database.
    func end(_ error: any Error) {
        if let error = error as? DatabaseError { record.end(index, failedBy: error.word) } else { end() }
    }

    /// Runs something, and ends with it.
    func ending<T>(_ body: () throws -> T) throws -> T {
        do {
            let result = try body()
            end()
            return result
        } catch {
            end(error)
            throw error
        }
    }

    /// Runs something that waits, and ends with it.
    func ending<T>(_ body: () async throws -> T) async throws -> T {
        do {
            let result = try await body()
            end()
            return result
        } catch {
            end(error)
            throw error
        }
    }
}
