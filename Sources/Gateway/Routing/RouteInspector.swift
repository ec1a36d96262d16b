import HTTP
import HTTPTypes

/// Looks at the routes of a configuration without serving them.
public struct RouteInspector: Sendable {
    /// How ``table(_:)`` writes.
    public enum Format: String, Sendable, CaseIterable {
        /// Columns for a terminal.
        case text
        /// A page of the documentation.
        case markdown
    }

    /// The question was none that a client could ask.
    public struct Malformed: Error, Sendable, CustomStringConvertible {
        /// What is wrong, without a full stop.
        public let description: String
    }

    let configuration: GatewayConfiguration

    init(_ configuration: GatewayConfiguration) { self.configuration = configuration }

    /// Reads a configuration file.
    ///
    /// - Parameters:
    ///   - file: `nil` for the built-in configuration.
    ///   - environment: What `${NAME}` in the file refers to.
    /// - Throws: `SettingsError` when it cannot be read, ``ConfigurationErrors`` with everything that is wrong in it.
    public init(file: String?, environment: [String: String]) throws {
        configuration = try ConfigurationSource(path: file, environment: environment).load().configuration
    }

    /// All routes and aggregates in the order of the file.
    public func table(_ format: Format) -> String { RouteListing(configuration).text(format) }

    /// Which route answers a request, and why.
    ///
    /// - Parameters:
    ///   - method: In capitals.
    ///   - url: `http://host/path?query`, or the path alone.
    ///   - headers: Header fields of the request, each as `Name: value`.
    /// - Throws: ``Malformed``.
    public func explain(method: String, url: String, headers: [String] = []) throws(Malformed) -> RouteExplanation {
        RouteExplanation(try Self.request(method: method, url: url, headers: headers), configuration)
    }

    // MARK: - The request

    private static func request(method: String, url: String, headers: [String]) throws(Malformed) -> Request {
        guard let method = HTTPRequest.Method(method) else {
            throw Malformed(description: "\"\(method)\" is not a method")
        }
        var fields: HTTPFields = [:]
        for header in headers { fields.append(try field(header)) }
        let (host, target) = try split(url)
        if let host { fields[.init("Host")!] = String(host) }
        do throws(MessageError) {
            return try Request(method: method, target: target, fields: fields)
        } catch {
            throw Malformed(description: "no gateway would read this request: \(error.detail)")
        }
    }

    private static func field(_ text: String) throws(Malformed) -> HTTPField {
        let name = text.prefix { $0 != ":" }
        guard name.count < text.count, let name = HTTPField.Name(String(name)) else {
            throw Malformed(description: "\"\(text)\" is not a header field such as \"Accept: text/plain\"")
        }
        return HTTPField(name: name, value: String(text.dropFirst(name.rawName.count + 1).drop { $0 == " " }))
    }

    private static func split(_ url: String) throws(Malformed) -> (host: Substring?, target: String) {
        let url = url.prefix { $0 != "#" }
        if url.hasPrefix("/") { return (nil, String(url)) }
        guard let scheme = ["http://", "https://"].first(where: { url.hasPrefix($0) }) else {
            throw Malformed(description: "\"\(url)\" is neither an http URL nor a path")
        }
        let rest = url.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(host.count)
        return (host, target.hasPrefix("/") ? String(target) : "/" + target)
    }
}
