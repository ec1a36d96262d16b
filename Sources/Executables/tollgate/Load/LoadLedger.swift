import Chassis
import HTTP
import HTTPTypes
import JSON
import PaymentsService
import Sockets

/// Looks after a load test whether the books still hold.
enum LoadLedger {
    /// Every invariant of the databases in `data`, as `tollgate verify` computes them.
    ///
    /// - Returns: A line that says so; false with what does not hold.
    /// - Throws: ``Failure`` when they cannot be read.
    static func verify(data: String) async throws -> (holds: Bool, lines: [String]) {
        let reports = try await VerifyReport.all(in: data, limit: 5)
        let holds = reports.allSatisfy(\.verification.isClean)
        let text = VerifyReport.text(reports)
        return (holds, holds ? ["ledger: " + (text.last ?? "")] : text)
    }

    /// The trial balance of the admin port of payments-service.
    ///
    /// - Throws: ``Failure`` when it is not answered.
    static func trialBalance(admin: String, tokenFile: String) async throws -> (holds: Bool, lines: [String]) {
        let base = try HTTPURL(checking: admin)
        let token = try AdminTokenFile.read(tokenFile)
        let http = try HTTPClient.ofTool()
        var request = ClientRequest(
            method: .get, endpoint: base.endpoint, target: .text("/ledger/trial-balance"),
            fields: [.authorization: "Bearer \(token)"])
        request.timeout = .seconds(120)
        let answer: JSONValue
        do {
            let response = try await http.execute(request)
            guard response.status.code == 200 else {
                throw Failure("\(admin) answered with \(response.status.code) to the question for the trial balance")
            }
            answer = try JSONValue(parsing: try await response.body.collect(upTo: 1 << 22))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure("no trial balance from \(admin): \(error)")
        }
        let holds = answer["balanced"] == .bool(true)
        let lines = (answer["currencies"]?.array ?? []).map { line in
            let number = { (name: String) in line[name]?.integer ?? 0 }
            return "  \(line["currency"]?.string ?? ""): \(number("accounts")) accounts, debits \(number("debits")), "
                + "credits \(number("credits"))"
        }
        return (holds, [holds ? "ledger: the trial balance is balanced" : "ledger: NOT BALANCED"] + lines)
    }
}
