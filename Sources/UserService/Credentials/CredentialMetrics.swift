import Chassis
import HTTP

/// How a login ended. Unknown addresses and wrong passwords are one, as they are to who asks.
enum LoginResult: String, Sendable, CaseIterable {
    case succeeded
    case invalidCredentials = "invalid_credentials"
    case secondFactorRequired = "second_factor_required"
    case invalidSecondFactor = "invalid_second_factor"
    case invalidChallenge = "invalid_challenge"
    case tooManyCodes = "too_many_codes"
    case accountLocked = "account_locked"
    case emailNotVerified = "email_not_verified"
    case rateLimited = "rate_limited"
    /// Malformed requests, overload, failures.
    case other
}

/// How a sign-up ended.
enum SignUpResult: String, Sendable, CaseIterable {
    case succeeded
    case emailTaken = "email_taken"
    case rateLimited = "rate_limited"
    /// Malformed requests, weak passwords, overload, failures.
    case other
}

/// Counts logins and sign-ups by what became of them: the code of the problem that they were answered with.
struct CredentialMetrics: Sendable {
    private let logins: [LoginResult: CounterMetric]
    private let signUps: [SignUpResult: CounterMetric]

    init(_ registry: MetricsRegistry) {
        logins = Self.counters { registry.counter(UserServiceMetricSet.declared.logins, labels: ["result": $0]) }
        signUps = Self.counters { registry.counter(UserServiceMetricSet.declared.signUps, labels: ["result": $0]) }
    }

    func login(_ body: () async throws -> Response) async throws -> Response {
        try await count(logins, succeeded: .succeeded, other: .other, body)
    }

    func signUp(_ body: () async throws -> Response) async throws -> Response {
        try await count(signUps, succeeded: .succeeded, other: .other, body)
    }

    private func count<Result: RawRepresentable<String> & Hashable>(
        _ counters: [Result: CounterMetric], succeeded: Result, other: Result, _ body: () async throws -> Response
    ) async throws -> Response {
        do {
            let response = try await body()
            counters[succeeded]?.increment()
            return response
        } catch {
            let code = (error as? Problem)?.code
            counters[code.flatMap(Result.init(rawValue:)) ?? other]?.increment()
            throw error
        }
    }

    /// There from the start, so that a rate has a zero to rise from.
    private static func counters<Result: RawRepresentable<String> & CaseIterable & Hashable>(
        _ make: (String) -> CounterMetric
    ) -> [Result: CounterMetric] {
        Dictionary(uniqueKeysWithValues: Result.allCases.map { ($0, make($0.rawValue)) })
    }
}
