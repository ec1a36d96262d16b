/// Waits until `condition` holds, asking again every 2 ms.
///
/// Use it in place of a sleep: a test goes on as soon as the condition holds, and fails with a name when it never does.
/// - Throws: ``ConditionNotMet`` when `timeout` has passed; whatever `condition` throws.
public func waitUntil(
    _ what: String = "condition", timeout: Duration = .seconds(60),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + timeout
    while try await !condition() {
        guard clock.now < end else { throw ConditionNotMet(what: what, timeout: timeout) }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Thrown by ``waitUntil(_:timeout:isolation:_:)``: the condition did not hold in time.
public struct ConditionNotMet: Error, CustomStringConvertible {
    /// What was waited for.
    public let what: String
    /// How long.
    public let timeout: Duration

    /// Says what did not happen in which time.
    public var description: String { "\(what): not met within \(timeout)" }
}
