import HTTP
import JSON
import Testing

@testable import Gateway

/// The document is the contract: what is routed is described, and what is described is routed.
@Suite struct OpenAPITests {
    private func document() throws -> JSONValue { try JSONValue(parsing: Array(OpenAPIDocument.text.utf8)) }

    private func operations() throws -> [(name: String, operation: JSONValue)] {
        let paths = try #require(try document()["paths"]?.object)
        return paths.flatMap { path in
            (path.value.object ?? []).map { ("\($0.name.uppercased()) \(path.name)", $0.value) }
        }
    }

    private func configuration() throws -> GatewayConfiguration {
        try GatewayConfiguration(parsing: DefaultConfiguration.text, environment: [:])
    }

    /// The console is for browsers, and no part of the interface.
    @Test func routesAndDocumentAreEqual() throws {
        var configuration = try configuration()
        configuration.routes.removeAll { route in
            if case .own(let answer) = route.target { answer.isOfConsole } else { false }
        }
        let routed = configuration.matches.flatMap { pattern in pattern.methods.map { "\($0) \(pattern.path)" } }
        let described = try operations().map(\.name)
        #expect(routed.sorted() == described.sorted())
        #expect(configuration.routes.allSatisfy { !$0.methods.isEmpty && !$0.path.isPrefix })
    }

    @Test func securityIsThatOfTheRoutes() throws {
        let configuration = try configuration()
        let access =
            configuration.routes.map { ($0.name, $0.access) } + configuration.aggregates.map { ($0.name, $0.access) }
        let expected = Dictionary(uniqueKeysWithValues: access)
        for (name, operation) in try operations() {
            let route = try #require(operation["operationId"]?.string)
            let security = try #require(operation["security"]?.array, "\(name)")
            let access = try #require(expected[route], "\(name): \(route)")
            #expect(security.isEmpty == access.isPublic, "\(name)")
            if !access.isPublic {
                let scopes = access.scopes.map { JSONValue.string($0) }
                #expect(security.first?["bearer"]?.array == scopes, "\(name)")
                let keys = access.credentials.contains(.apiKey) ? scopes : nil
                #expect(security.dropFirst().first?["apiKey"]?.array == keys, "\(name)")
            }
        }
    }

    @Test func keysAreDocumentedWhereTheyAreHonoured() throws {
        let keyed = Set(try configuration().routes.filter { $0.idempotency == .key }.map(\.name))
        for (name, operation) in try operations() {
            let references = (operation["parameters"]?.array ?? []).compactMap { $0["$ref"]?.string }
            let route = operation["operationId"]?.string ?? ""
            #expect(references.contains { $0.hasSuffix("IdempotencyKey") } == keyed.contains(route), "\(name)")
        }
    }

    /// What a list is asked for stands in the query, whose mistakes are 400; 422 is about the members of a body.
    @Test func readsAnswer400AndNot422() throws {
        let gets = try operations().filter { $0.name.hasPrefix("GET ") }
        #expect(gets.count > 8)
        for (name, operation) in gets {
            let parameters = (operation["parameters"]?.array ?? []).compactMap { $0["$ref"]?.string }
            #expect(operation["responses"]?["422"] == nil, "\(name)")
            if parameters.contains(where: { $0.hasSuffix("/Cursor") || $0.hasSuffix("/Limit") }) {
                #expect(operation["responses"]?["400"] != nil, "\(name)")
            }
        }
    }

    @Test func everyReferenceHasItsTarget() throws {
        let document = try document()
        var pending = [document]
        var count = 0
        while let value = pending.popLast() {
            switch value {
            case .array(let elements): pending += elements
            case .object(let members):
                pending += members.map(\.value)
                guard let reference = value["$ref"]?.string else { continue }
                count += 1
                let target = reference.dropFirst(2).split(separator: "/").reduce(JSONValue?.some(document)) {
                    $0?[String($1)]
                }
                #expect(target != nil, "\(reference)")
            default: break
            }
        }
        #expect(count > 100)
    }

    @Test func examplesNameOnlyWhatTheirSchemasHave() throws {
        let document = try document()
        var pending = [document]
        var count = 0
        while let value = pending.popLast() {
            if case .array(let elements) = value { pending += elements }
            guard case .object(let members) = value else { continue }
            pending += members.map(\.value)
            guard let example = value["example"]?.object, let name = value["schema"]?["$ref"]?.string else { continue }
            let schema = document["components"]?["schemas"]?[String(name.split(separator: "/").last ?? "")]
            let properties = Set((schema?["properties"]?.object ?? []).map(\.name))
            let required = Set((schema?["required"]?.array ?? []).compactMap(\.string))
            let given = Set(example.map(\.name))
            #expect(given.isSubset(of: properties), "\(name): \(given.subtracting(properties))")
            #expect(required.isSubset(of: given), "\(name): \(required.subtracting(given))")
            count += 1
        }
        #expect(count > 30)
    }
}
