import Chassis
import HTTP
import HTTPTypes
import Sockets

/// Sends the sandbox's callbacks to a URL, as another company would: through the gateway.
struct HTTPCallbackTransport: CallbackTransport {
    static let setting = "SANDBOX_CALLBACK_URL"

    let client: HTTPClient
    let endpoint: Endpoint
    let path: String

    /// Nil without a URL: then nothing is sent.
    init?(_ chassis: Chassis) throws(SettingsError) {
        guard let url = chassis.settings.optionalString(Self.setting) else { return nil }
        try self.init(client: chassis.client, url: url)
    }

    /// - Throws: `SettingsError` when `url` is not `http://host[:port]/path`.
    init(client: HTTPClient, url: String) throws(SettingsError) {
        let authority = url.dropFirst("http://".count)
        let path = authority.firstIndex(of: "/").map { String(authority[$0...]) } ?? "/"
        self.client = client
        self.path = path
        endpoint = try Endpoint(url: String(url.dropLast(path == "/" ? 0 : path.count)), setting: Self.setting)
    }

    func deliver(_ body: [UInt8], signature: String) async -> Bool {
        guard let name = HTTPField.Name(CallbackSignature.fieldName) else { return false }
        var request = ClientRequest(
            method: .post, endpoint: endpoint, target: .text(path),
            fields: [.contentType: "application/json", name: signature])
        request.body = .bytes(body)
        request.timeout = .seconds(5)
        request.connectTimeout = .seconds(1)
        guard let response = try? await client.execute(request) else { return false }
        _ = try? await response.body.collect(upTo: 64 << 10)
        return (200..<300).contains(response.status.code)
    }
}
