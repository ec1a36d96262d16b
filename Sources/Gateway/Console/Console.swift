import Chassis
import HTTP
import HTTPTypes

/// The console: a page for browsers and the files that it loads.
enum Console {
    /// What a program that comes to `/` is told.
    private static let signpost = Response.json(
        Array(#"{"name":"tollgate","api":"/api/v1","openapi":"/api/v1/openapi.json"}"#.utf8))

    /// The page, for those who name HTML among what they take, as browsers do; where to go on, for all others.
    static func page(for request: Request) throws -> Response {
        var response = takesPages(request.field(.accept)) ? try ConsoleAssets.page.answer(to: request) : signpost
        response.addVary("Accept")
        return response
    }

    /// A file of the page: the last segment of the path names it.
    static func asset(for request: Request) throws -> Response {
        let name = request.path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let asset = ConsoleAssets.named[String(name)] else { throw Problem(.notFound, "not_found") }
        return try asset.answer(to: request)
    }

    /// Whether `Accept` (RFC 9110 section 12.5.1) names `text/html` and does not refuse it. `*/*` is what programs send.
    static func takesPages(_ accept: String?) -> Bool {
        (accept ?? "").lowercased().split(separator: ",").contains { range in
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == "text/html" else { return false }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
            return weight ?? 1 > 0
        }
    }
}
