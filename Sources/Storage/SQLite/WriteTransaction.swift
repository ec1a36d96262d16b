import CSQLite
import Spans

/// The transaction that a batch of requests shares, and what the current one has done in it.
///
/// A request gets a savepoint only when it writes and only when somebody before it in the batch has written: without
/// earlier writes, rolling the whole transaction back undoes exactly its own.
final class WriteTransaction: Transaction {
    private let connection: Connection
    private let control: ControlStatements
    private var batchHasWritten = false
    private var requestHasWritten = false
    private var hasSavepoint = false
    /// An error that the current request cannot recover from, even if its body catches it.
    private var requestFailure: DatabaseError?
    /// The span of the current request.
    private var span: ActiveSpan?
    /// Set once SQLite has ended the transaction by itself: nothing of the batch can be saved.
    private(set) var lost: DatabaseError?

    init(_ connection: Connection) throws(DatabaseError) {
        self.connection = connection
        control = try ControlStatements(connection)
    }

    // MARK: - What bodies call

    func query(_ sql: SQL, values: [SQLValue], _ body: (Row) throws -> Bool) throws {
        try run(sql, values, body)
    }

    func execute(_ sql: SQL, values: [SQLValue]) throws -> Int {
        try run(sql, values) { _ in false }
        return connection.changes
    }

    private func run(_ sql: SQL, _ values: [SQLValue], _ body: (Row) throws -> Bool) throws {
        guard let span, span.record.isSampled else { return try runNow(sql, values, body) }
        let statement = span.begin(sql)
        do {
            try runNow(sql, values, body)
            statement.end()
        } catch {
            statement.end(error)
            throw error
        }
    }

    private func runNow(_ sql: SQL, _ values: [SQLValue], _ body: (Row) throws -> Bool) throws {
        if let requestFailure { throw requestFailure }
        do {
            let statement = try connection.statement(sql)
            if !statement.isReadOnly { try prepareToWrite() }
            try statement.bind(values)
            try connection.run(statement, body)
        } catch let error as DatabaseError {
            throw noting(error)
        }
        // A body's own COMMIT: what it does next would be committed statement by statement.
        if !connection.isInTransaction { throw noting(.misuse(message: "a body ended the transaction")) }
    }

    private func prepareToWrite() throws(DatabaseError) {
        guard !requestHasWritten else { return }
        requestHasWritten = true
        guard batchHasWritten else { return }
        try control.run(control.savepoint)
        hasSavepoint = true
    }

    /// After every error: is the transaction still there?
    private func noting(_ error: DatabaseError) -> DatabaseError {
        if !connection.isInTransaction {
            lost = error.asUnavailable
            requestFailure = lost
        } else if case .unavailable = error {
            requestFailure = error
        }
        return requestFailure ?? error
    }

    // MARK: - What the writer calls

    /// Opens the transaction.
    func begin() throws(DatabaseError) {
        batchHasWritten = false
        lost = nil
        try control.run(control.begin)
    }

    /// Runs one request's body inside the transaction and keeps or undoes what it did; afterwards ``lost`` tells whether
    /// the batch can go on.
    ///
    /// - Returns: The error to answer in place of the body's outcome, if any; and whether the body was refused.
    func run(_ request: WriteRequest) -> (failure: DatabaseError?, isRefused: Bool) {
        requestHasWritten = false
        hasSavepoint = false
        requestFailure = nil
        span = request.span
        defer { span = nil }
        let isKept = runBody(of: request) && requestFailure == nil
        guard lost == nil else { return (lost, true) }
        do throws(DatabaseError) {
            if isKept { try keep() } else { try undo() }
        } catch {
            lost = error.asUnavailable
        }
        return (requestFailure, !isKept)
    }

    /// What the body begins or logs belongs to the write's span.
    private func runBody(of request: WriteRequest) -> Bool {
        guard let span else { return request.run(in: self) }
        return ActiveSpan.$current.withValue(span) { request.run(in: self) }
    }

    private func keep() throws(DatabaseError) {
        batchHasWritten = batchHasWritten || requestHasWritten
        if hasSavepoint { try control.run(control.release) }
    }

    private func undo() throws(DatabaseError) {
        if hasSavepoint {
            try control.run(control.rollbackTo)
            try control.run(control.release)
        } else if requestHasWritten {
            try control.run(control.rollback)
            try control.run(control.begin)
        }
    }

    /// Makes the batch durable.
    func commit() throws(DatabaseError) {
        try control.run(control.commit)
    }

    /// Ends the transaction if it is still open; false when even that failed.
    func rollback() -> Bool {
        guard connection.isInTransaction else { return true }
        return (try? control.run(control.rollback)) != nil
    }
}

/// The statements that delimit transactions, compiled once per connection.
private struct ControlStatements {
    private let connection: Connection
    let begin, commit, rollback, savepoint, release, rollbackTo: PreparedStatement

    init(_ connection: Connection) throws(DatabaseError) {
        self.connection = connection
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        rollback = try connection.prepare("ROLLBACK")
        savepoint = try connection.prepare("SAVEPOINT request")
        release = try connection.prepare("RELEASE request")
        rollbackTo = try connection.prepare("ROLLBACK TO request")
    }

    func run(_ statement: PreparedStatement) throws(DatabaseError) {
        let code = connection.step(statement)
        guard code == SQLITE_DONE else { throw connection.failure(code) }
    }
}
