import Crypto
import HTTP
import HTTPTypes
import TestSupport
import Testing

@testable import Chassis

/// The gateway calls payments-service; both stand on the same manual clock.
private struct Pair {
    let clock = ManualWallClock()
    let gatewayKey = P256.Signing.PrivateKey()
    let usersKey = P256.Signing.PrivateKey()
    let signer: IdentitySigner
    let verifier: IdentityVerifier

    init() {
        signer = IdentitySigner(service: "gateway", key: gatewayKey, clock: clock)
        let peers = [("gateway", gatewayKey), ("user-service", usersKey)].map { name, key in
            (IdentityKeys.keyID(key.publicKey), IdentityPeerKey(service: name, key: key.publicKey))
        }
        verifier = IdentityVerifier(
            audience: "payments-service", peers: Dictionary(uniqueKeysWithValues: peers), clock: clock)
    }

    var seconds: Int64 { clock.now / 1_000 }

    /// A token with any header and payload, signed by the gateway's key unless told otherwise.
    func forge(
        algorithm: String = "ES256", type: String = "tollgate-id+jwt", keyID: String? = nil, payload: String,
        key: P256.Signing.PrivateKey? = nil
    ) throws -> String {
        let header = IdentityToken.header(
            algorithm: algorithm, type: type, keyID: keyID ?? IdentityKeys.keyID(gatewayKey.publicKey))
        return try IdentityToken.sign(header: header, payload: Array(payload.utf8), key: key ?? gatewayKey)
    }

    func payload(
        issuer: String = "gateway", audience: String = "payments-service", issued: Int64 = 0, expires: Int64 = 60
    ) -> String {
        #"{"iss":"\#(issuer)","aud":"\#(audience)","iat":\#(seconds + issued),"exp":\#(seconds + expires)}"#
    }
}

private let user = CallerIdentity(
    issuer: "gateway", subject: "usr_1", sessionID: "ses_1", scopes: ["payments:read", "payments:write"],
    roles: ["staff"])

@Suite struct IdentityTokenTests {
    @Test func carriesTheCaller() throws {
        let pair = Pair()
        #expect(try pair.verifier.verify(pair.signer.token(for: "payments-service", caller: user)) == user)
        let nobody = try pair.verifier.verify(pair.signer.token(for: "payments-service"))
        #expect(nobody == CallerIdentity(issuer: "gateway"))
    }

    @Test func cannotSpeakForAnotherService() throws {
        let pair = Pair()
        var other = user
        other.issuer = "user-service"
        #expect(try pair.verifier.verify(pair.signer.token(for: "payments-service", caller: other)).issuer == "gateway")
        let forged = try pair.forge(payload: pair.payload(issuer: "user-service"))
        #expect(throws: IdentityRefusal.wrongIssuer) { try pair.verifier.verify(forged) }
    }

    @Test func isUsedFor45SecondsAndValidFor60() throws {
        let pair = Pair()
        let first = try pair.signer.token(for: "payments-service", caller: user)
        pair.clock.advance(milliseconds: 44_999)
        #expect(try pair.signer.token(for: "payments-service", caller: user) == first)
        pair.clock.advance(milliseconds: 1)
        #expect(try pair.signer.token(for: "payments-service", caller: user) != first)
        #expect(try pair.verifier.verify(first) == user)
        pair.clock.advance(milliseconds: 14_999)
        #expect(try pair.verifier.verify(first) == user)
        pair.clock.advance(milliseconds: 1)
        #expect(throws: IdentityRefusal.expired) { try pair.verifier.verify(first) }
    }

    @Test func differsByAudienceUserAndScopes() throws {
        let pair = Pair()
        var fewer = user
        fewer.scopes = ["payments:read"]
        var elsewhere = user
        elsewhere.sessionID = "ses_2"
        let tokens = try [
            pair.signer.token(for: "payments-service", caller: user),
            pair.signer.token(for: "user-service", caller: user),
            pair.signer.token(for: "payments-service", caller: fewer),
            pair.signer.token(for: "payments-service", caller: elsewhere),
            pair.signer.token(for: "payments-service"),
        ]
        #expect(Set(tokens).count == tokens.count)
    }

    @Test func refusesWhatIsNotExactlyRight() throws {
        let pair = Pair()
        let good = pair.payload()
        let cases: [(String, IdentityRefusal)] = [
            (try pair.forge(algorithm: "none", payload: good), .wrongAlgorithm),
            (try pair.forge(algorithm: "HS256", payload: good), .wrongAlgorithm),
            (try pair.forge(type: "JWT", payload: good), .wrongType),
            (try pair.forge(type: "at+jwt", payload: good), .wrongType),
            (try pair.forge(keyID: "unknown", payload: good), .unknownKey),
            (try pair.forge(payload: good, key: pair.usersKey), .badSignature),
            (try pair.forge(payload: pair.payload(audience: "user-service")), .wrongAudience),
            (try pair.forge(payload: pair.payload(issued: -61, expires: 0)), .expired),
            (try pair.forge(payload: pair.payload(issued: 11, expires: 60)), .wrongTimes),
            (try pair.forge(payload: pair.payload(expires: 61)), .wrongTimes),
            (try pair.forge(payload: pair.payload(issued: 5, expires: 5)), .wrongTimes),
            (try pair.forge(payload: "{}"), .malformed),
            (try pair.forge(payload: #"{"iss":"gateway","iss":"gateway"}"#), .malformed),
            ("", .malformed), ("a.b", .malformed), ("a.b.c.d", .malformed), ("..", .malformed),
            (String(repeating: "a", count: 5_000), .malformed),
        ]
        for (token, refusal) in cases {
            #expect(throws: refusal, "\(token)") { try pair.verifier.verify(token) }
        }
        #expect(try pair.verifier.verify(pair.forge(payload: good)).issuer == "gateway")
    }

    /// Our own services make these tokens: a member that none of them writes is a reason to refuse the whole.
    @Test(
        arguments: [
            (#""nbf":0"#, IdentityRefusal.unknownMember), (#""jti":"1""#, .unknownMember),
            (#""admin":true"#, .unknownMember), (#""Sub":"usr_1""#, .unknownMember),
            (#""sub":1"#, .malformed), (#""sid":null"#, .malformed), (#""scope":["admin"]"#, .malformed),
            (#""roles":"admin""#, .malformed), (#""roles":["staff",1]"#, .malformed), (#""key_id":{}"#, .malformed),
        ])
    func refusesClaimsThatNoServiceWrites(claim: String, refusal: IdentityRefusal) throws {
        let pair = Pair()
        let token = try pair.forge(payload: pair.payload().dropLast() + ",\(claim)}")
        #expect(throws: refusal) { try pair.verifier.verify(token) }
    }

    @Test(arguments: [#""crit":["b64"]"#, #""b64":false"#, #""jwk":{}"#, #""jku":"http://127.0.0.1/""#])
    func refusesHeaderMembersThatNoServiceWrites(member: String) throws {
        let pair = Pair()
        let known = IdentityToken.header(
            algorithm: "ES256", type: "tollgate-id+jwt", keyID: IdentityKeys.keyID(pair.gatewayKey.publicKey))
        let header = known.dropLast() + Array(",\(member)}".utf8)
        let token = try IdentityToken.sign(
            header: Array(header), payload: Array(pair.payload().utf8), key: pair.gatewayKey)
        #expect(throws: IdentityRefusal.unknownMember) { try pair.verifier.verify(token) }
    }

    @Test func refusesEveryChangeOfAByte() throws {
        var random = SeededGenerator.announced()
        let pair = Pair()
        let token = Array(try pair.signer.token(for: "payments-service", caller: user).utf8)
        _ = try pair.verifier.verify(String(decoding: token, as: UTF8.self))
        for _ in 0..<300 {
            var changed = token
            let index = Int.random(in: token.indices, using: &random)
            changed[index] = UInt8.random(in: 0x21...0x7E, using: &random)
            guard changed != token else { continue }
            #expect(throws: IdentityRefusal.self) { try pair.verifier.verify(String(decoding: changed, as: UTF8.self)) }
        }
    }

    @Test func forgetsWhatARetiredKeyHadSigned() throws {
        let pair = Pair()
        let token = try pair.signer.token(for: "payments-service", caller: user)
        _ = try pair.verifier.verify(token)
        pair.verifier.replace(peers: [:])
        #expect(throws: IdentityRefusal.unknownKey) { try pair.verifier.verify(token) }
    }

    /// Checking a signature takes its time, and the key may be retired meanwhile.
    @Test func forgetsWhatIsVerifiedWhileItsKeyIsRetired() async throws {
        for round in 0..<200 {
            let pair = Pair()
            let token = try pair.signer.token(for: "payments-service", caller: user)
            await withDiscardingTaskGroup { group in
                group.addTask { _ = try? pair.verifier.verify(token) }
                group.addTask { pair.verifier.replace(peers: [:]) }
            }
            #expect(throws: IdentityRefusal.unknownKey, "round \(round)") { try pair.verifier.verify(token) }
        }
    }

    /// The same of what is signed: whoever asks after the change gets a token of the new key.
    @Test func forgetsWhatIsSignedWhileItsKeyIsReplaced() async throws {
        let new = P256.Signing.PrivateKey()
        for round in 0..<200 {
            let pair = Pair()
            await withDiscardingTaskGroup { group in
                group.addTask { _ = try? pair.signer.token(for: "payments-service", caller: user) }
                group.addTask { pair.signer.replace(key: new) }
            }
            let token = try pair.signer.token(for: "payments-service", caller: user)
            let peer = IdentityPeerKey(service: "gateway", key: new.publicKey)
            let verifier = IdentityVerifier(
                audience: "payments-service", peers: [IdentityKeys.keyID(new.publicKey): peer], clock: pair.clock)
            #expect(throws: Never.self, "round \(round)") { try verifier.verify(token) }
        }
    }

    /// What was signed before would be of the future, and be refused until it is of the present.
    @Test func signsAnewWhenTheClockIsSetBack() throws {
        let pair = Pair()
        let before = try pair.signer.token(for: "payments-service", caller: user)
        for seconds: Int64 in [-1, -60, -3_600] {
            pair.clock.advance(seconds: seconds)
            let token = try pair.signer.token(for: "payments-service", caller: user)
            #expect(token != before)
            #expect(throws: Never.self) { try pair.verifier.verify(token) }
        }
    }

    @Test func boundsTheCache() {
        let cache = ShardedCache<Int, Int>(capacity: 10, shards: 1)
        for key in 0..<1_000 {
            cache.insert(key, for: key, of: cache.epoch)
            #expect(cache.count <= 20)
            _ = cache[0]
        }
        #expect(cache[0] == 0)
        #expect(cache[999] == 999)
        #expect(cache[500] == nil)
    }
}

@Suite struct IdentityKeysTests {
    @Test func areMadeOncePrivateToTheirService() throws {
        let directory = try TemporaryDirectory()
        try IdentityKeys.generate(services: ["gateway", "user-service"], directory: directory.file("keys"))
        let keys = directory.file("keys")
        let pem = try directory.read("keys/gateway/identity.pem")
        try IdentityKeys.generate(services: ["gateway", "user-service"], directory: keys)
        #expect(try directory.read("keys/gateway/identity.pem") == pem)
        for secret in ["gateway/identity.pem", "user-service/identity.pem", "admin/token"] {
            #expect(try mode(of: "\(keys)/\(secret)") == 0o600)
        }
        #expect(try !directory.read("keys/peers/gateway.pem").contains("PRIVATE"))
        #expect(try Base64URL.decode(FileAccess.readTrimmed("\(keys)/admin/token"))?.count == 32)
        let peers = try IdentityKeys.peers(in: "\(keys)/peers")
        let key = try IdentityKeys.privateKey(at: "\(keys)/gateway/identity.pem")
        #expect(peers[IdentityKeys.keyID(key.publicKey)]?.service == "gateway")
        #expect(peers.count == 2)
    }

    private func mode(of path: String) throws -> UInt32 {
        try FileMode.of(path)
    }

    @Test func mayOverlapDuringARotation() throws {
        let directory = try TemporaryDirectory()
        let keys = [P256.Signing.PrivateKey(), P256.Signing.PrivateKey()]
        let text = keys.map { $0.publicKey.pemRepresentation }.joined(separator: "\n")
        try directory.write(text + "\n", to: "gateway.pem")
        let peers = try IdentityKeys.peers(in: directory.path)
        #expect(Set(peers.keys) == Set(keys.map { IdentityKeys.keyID($0.publicKey) }))
    }

    @Test func refusesWhatIsNoKey() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("no key", to: "gateway.pem")
        #expect(throws: SettingsError.self) { try IdentityKeys.privateKey(at: path) }
        #expect(throws: SettingsError.self) { try IdentityKeys.peers(in: directory.path) }
        #expect(throws: SettingsError.self) { try IdentityKeys.peers(in: directory.file("none")) }
    }

    @Test func areReadAgainWhenTheyChange() throws {
        let directory = try TemporaryDirectory()
        try IdentityKeys.generate(services: ["gateway", "payments-service"], directory: directory.path)
        let settings = Settings([
            "IDENTITY_KEY_FILE": directory.file("gateway/identity.pem"),
            "IDENTITY_PEERS_DIR": directory.file("peers"),
        ])
        let identity = try IdentityService(name: "gateway", settings: settings)
        let before = try identity.signer.token(for: "gateway")
        #expect(try identity.verifier.verify(before).issuer == "gateway")
        #expect(try !identity.refresh())
        let new = P256.Signing.PrivateKey()
        try FileAccess.write(Array(new.publicKey.pemRepresentation.utf8), to: directory.file("peers/gateway.pem"))
        try FileAccess.write(Array(new.pemRepresentation.utf8), to: directory.file("gateway/identity.pem"))
        #expect(try identity.refresh())
        let after = try identity.signer.token(for: "gateway")
        #expect(after != before)
        #expect(try identity.verifier.verify(after).issuer == "gateway")
        #expect(throws: IdentityRefusal.unknownKey) { try identity.verifier.verify(before) }
        try directory.write("half a key", to: "peers/gateway.pem")
        #expect(throws: SettingsError.self) { try identity.refresh() }
        #expect(try identity.verifier.verify(after).issuer == "gateway")
    }

    @Test func saysWhatIsMissing() throws {
        let identity = try IdentityService(name: "gateway", settings: Settings([:]))
        #expect(throws: SettingsError.self) { try identity.signer }
        #expect(throws: SettingsError.self) { try identity.middleware(allowedIssuers: []) }
    }
}

@Suite struct IdentityMiddlewareTests {
    private func answer(_ token: String?, allowed: Set<String> = ["gateway"], pair: Pair) async throws -> Response {
        var fields: HTTPFields = [:]
        if let name = HTTPField.Name("Tollgate-Identity") { fields[name] = token }
        let request = try Request(target: "/v1/accounts", fields: fields)
        let middleware = IdentityMiddleware(verifier: pair.verifier, allowedIssuers: allowed)
        return try await middleware.handle(request) { request in .text(try request.user) }
    }

    @Test func letsAnAllowedServiceIn() async throws {
        let pair = Pair()
        let token = try pair.signer.token(for: "payments-service", caller: user)
        let response = try await answer(token, pair: pair)
        #expect(response.status == .ok)
    }

    @Test func refusesWithoutAHintWhy() async throws {
        let pair = Pair()
        let token = try pair.signer.token(for: "payments-service", caller: user)
        let elsewhere = try pair.signer.token(for: "user-service", caller: user)
        let cases: [(String?, Set<String>)] = [
            (nil, ["gateway"]), ("x", ["gateway"]), (elsewhere, ["gateway"]), (token, ["user-service"]),
        ]
        for (token, allowed) in cases {
            await #expect(throws: Problem.unauthorized) { try await answer(token, allowed: allowed, pair: pair) }
        }
    }

    @Test func demandsAUserWhereTheHandlerDoes() async throws {
        let pair = Pair()
        let token = try pair.signer.token(for: "payments-service")
        await #expect(throws: Problem.unauthorized) { try await answer(token, pair: pair) }
    }

    @Test func demandsScopes() throws {
        let request = try Request(target: "/")
        #expect(throws: Problem.unauthorized) { try request.require(scope: "payments:read") }
        request.context.value = user
        try request.require(scope: "payments:read")
        #expect(throws: Problem.missingScope("admin")) { try request.require(scope: "admin") }
    }

    @Test(
        arguments: [
            ("Bearer right", true), ("Bearer wrong", false), ("Bearer rightx", false), ("Bearer ", false),
            ("right", false), ("Basic right", false), (nil, false),
        ] as [(String?, Bool)])
    func adminTokenOpensOnlyWhenEqual(value: String?, passes: Bool) async throws {
        var fields: HTTPFields = [:]
        fields[.authorization] = value
        let request = try Request(target: "/ledger/trial-balance", fields: fields)
        let guarded = AdminToken(SecretSource(value: "right"))
        let response = try? await guarded.handle(request) { _ in .text("in") }
        #expect((response != nil) == passes)
        let closed = try? await AdminToken(nil).handle(request) { _ in .text("in") }
        #expect(closed == nil)
    }
}
