import Chassis
import HTTP
import HTTPTypes
import JSON
import Logging
import Sockets

/// Asks user-service who is meant: `GET /internal/v1/users/resolve?user=…` or `?email=…`.
struct UserServiceDirectory: PayeeDirectory {
    let client: HTTPClient
    let endpoint: Endpoint
    let signer: IdentitySigner
    let logger: Logger

    /// How long the customer is made to wait for the other service.
    private static let timeout = Duration.seconds(3)

    /// The same to put a name on a page: nobody is made to wait for that.
    private static let timeoutOfNames = Duration.seconds(1)

    func resolve(_ payee: PayeeQuery, for origin: RequestOrigin) async throws -> String? {
        do {
            return try await member("id", of: payee, origin, timeout: Self.timeout)
        } catch {
            logger.warning(
                "payee look-up failed", metadata: ["request_id": "\(origin.requestID)", "reason": "\(error)"])
            throw Problem(
                .serviceUnavailable, "payee_lookup_unavailable",
                detail: "The payee cannot be looked up now. Nothing was paid.", fields: [.retryAfter: "1"])
        }
    }

    /// A member of what user-service says about somebody, or nil when there is nobody.
    private func member(
        _ name: String, of payee: PayeeQuery, _ origin: RequestOrigin, timeout: Duration
    ) async throws -> String? {
        // What is no id cannot be anybody's.
        if case .user(let id) = payee, !Identifier.isValid(id, prefix: "usr") { return nil }
        var request = try request(payee, origin)
        request.timeout = timeout
        let response = try await client.execute(request)
        let body = try await response.body.collect(upTo: 64 << 10)
        switch response.status.code {
        case 200: return try text(name, in: body)
        case 404: return nil
        default: throw UnexpectedAnswer(status: response.status.code)
        }
    }

    private func request(_ payee: PayeeQuery, _ origin: RequestOrigin) throws -> ClientRequest {
        var fields: HTTPFields = [:]
        fields[.tollgateIdentity] = try signer.token(for: "user-service")
        fields[.traceparent] = origin.trace.child().traceparent
        fields[.requestID] = origin.requestID
        var request = ClientRequest(
            endpoint: endpoint, target: .text("/internal/v1/users/resolve?\(payee.query)"), fields: fields)
        request.deadline = origin.deadline
        if let deadline = origin.deadline {
            let left = deadline - min(deadline, CoarseClock.milliseconds())
            request.lines.append("Tollgate-Deadline", decimal: left)
        }
        return request
    }

    private func text(_ name: String, in body: [UInt8]) throws -> String {
        guard let text = try JSONValue(parsing: body)[name]?.string, !text.isEmpty else {
            throw UnexpectedAnswer(status: 200)
        }
        return text
    }

    private struct UnexpectedAnswer: Error {
        let status: Int
    }
}

extension UserServiceDirectory: OwnerDirectory {
    func name(of user: String, for origin: RequestOrigin) async throws -> String? {
        do {
            return try await member("name", of: .user(user), origin, timeout: Self.timeoutOfNames)
        } catch {
            logger.notice(
                "name look-up failed", metadata: ["request_id": "\(origin.requestID)", "reason": "\(error)"])
            throw error
        }
    }
}

extension PayeeQuery {
    /// The query of the request, percent-encoded down to RFC 3986's unreserved characters.
    var query: String {
        switch self {
        case .user(let id): "user=\(Self.encode(id))"
        case .email(let address): "email=\(Self.encode(address))"
        }
    }

    private static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

extension HTTPField.Name {
    fileprivate static let tollgateIdentity = Self(IdentitySigner.fieldName)!
    fileprivate static let traceparent = Self("traceparent")!
    fileprivate static let requestID = Self("X-Request-Id")!
}
