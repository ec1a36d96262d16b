import Foundation
import HTTP
import HTTPTypes
import Sockets

/// Asks the admin ports for their metrics.
struct TopScraper {
    private let urls: [HTTPURL]
    private let http: HTTPClient

    init(_ admins: [String]) throws {
        urls = admins.compactMap(HTTPURL.init)
        http = try .ofTool()
    }

    /// One look at every service, all at once.
    func look(into model: inout TopModel) async {
        let answers = await withTaskGroup(of: (Int, Result<ServiceScrape, Failure>).self) { group in
            for (index, url) in urls.enumerated() { group.addTask { (index, await ask(url)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let time = Date.now.timeIntervalSince1970
        for (index, answer) in answers {
            switch answer {
            case .success(let scrape): model.took(scrape, from: index, at: time)
            case .failure(let failure): model.missed(index, failure.description)
            }
        }
    }

    private func ask(_ url: HTTPURL) async -> Result<ServiceScrape, Failure> {
        var request = ClientRequest(method: .get, endpoint: url.endpoint, target: .text("/metrics"), fields: [:])
        request.timeout = .seconds(3)
        do {
            let response = try await http.execute(request)
            guard response.status.code == 200 else { return .failure(Failure("status \(response.status.code)")) }
            let bytes = try await response.body.collect(upTo: 64 << 20)
            return .success(ServiceScrape(Samples(String(decoding: bytes, as: UTF8.self))))
        } catch {
            return .failure(Failure("\(error)"))
        }
    }
}
