import Testing

@testable import UserService

@Suite struct ScryptTests {
    /// RFC 7914 §12, the first 32 bytes (PBKDF2 yields a prefix for a shorter length).
    @Test(arguments: [
        ("password", "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI"),
        ("pleaseletmein", "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI"),
    ])
    func matchesTheVectorsOfTheRFC(_ password: String, _ phc: String) throws {
        let hash = try #require(ScryptHash(phc: phc))
        #expect(hash.phc == phc)
        #expect(try hash.matches(try #require(Password(given: password))))
        #expect(try !hash.matches(try #require(Password(given: password + "x"))))
    }

    /// Salt and digest with the characters in which base 64 alphabets differ; made with another implementation.
    @Test func usesTheStandardAlphabet() throws {
        let phc = "$scrypt$ln=1,r=1,p=1$+//+$bvNLqAn+NV4e9J7g/uP5MmguMJOYFB6DDKii5fO3HtA"
        let hash = try #require(ScryptHash(phc: phc))
        #expect(hash.phc == phc)
        #expect(try hash.matches(try #require(Password(given: "pe\u{301}"))))
    }

    @Test func saltsEveryHash() throws {
        let password = try #require(Password(given: "correct horse"))
        let cost = ScryptCost(logN: 4, r: 8, p: 1)
        let (one, other) = (try ScryptHash(of: password, cost: cost), try ScryptHash(of: password, cost: cost))
        #expect(one != other)
        #expect(try one.matches(password) && other.matches(password))
    }

    @Test(arguments: [
        "", "$scrypt$", "scrypt$ln=1,r=1,p=1$AAAA$bvNLqAn+NV4e9J7g/uP5MmguMJOYFB6DDKii5fO3HtA",
        "$argon2id$ln=1,r=1,p=1$AAAA$bvNLqAn+NV4e9J7g/uP5MmguMJOYFB6DDKii5fO3HtA",
        "$scrypt$ln=1,r=1$AAAA$bvNLqAn+NV4e9J7g/uP5MmguMJOYFB6DDKii5fO3HtA",
        "$scrypt$ln=21,r=8,p=1$AAAA$bvNLqAn+NV4e9J7g/uP5MmguMJOYFB6DDKii5fO3HtA",
        "$scrypt$ln=0,r=8,p=1$AAAA$bvNLqAn+NV4e9J7g/uP5MmguMJOYFB6DDKii5fO3HtA",
        "$scrypt$ln=1,r=1,p=1$-__-$bvNLqAn+NV4e9J7g/uP5MmguMJOYFB6DDKii5fO3HtA",
        "$scrypt$ln=1,r=1,p=1$$bvNLqAn+NV4e9J7g/uP5MmguMJOYFB6DDKii5fO3HtA",
        "$scrypt$ln=1,r=1,p=1$AAAA$AAAA",
    ])
    func refusesMalformedStrings(_ text: String) {
        #expect(ScryptHash(phc: text) == nil)
    }

    @Test func theUnmatchableHashHasTheCurrentCost() throws {
        let cost = ScryptCost(logN: 4, r: 8, p: 1)
        let decoy = ScryptHash(unmatchable: cost)
        #expect(decoy.cost == cost)
        #expect(try !decoy.matches(try #require(Password(given: "anything"))))
        #expect(ScryptHash(phc: decoy.phc) == decoy)
    }
}

@Suite struct ScryptCostTests {
    @Test func theStandardIsThatOfTheDesign() {
        let cost = ScryptCost.standard
        #expect((cost.logN, cost.r, cost.p) == (14, 8, 5))
        #expect((16 << 20..<17 << 20).contains(cost.memory))
    }

    @Test(arguments: [
        (ScryptCost(logN: 14, r: 8, p: 1), 4), (ScryptCost(logN: 13, r: 8, p: 5), 5),
        (ScryptCost(logN: 13, r: 8, p: 1), 9), (ScryptCost(logN: 14, r: 8, p: 4), 1),
    ])
    func theComplementMakesUpTheDifference(_ old: ScryptCost, _ lanes: Int) throws {
        let rest = try #require(old.complement(to: .standard))
        #expect(rest.p == lanes)
        #expect(old.work + rest.work == ScryptCost.standard.work)
        #expect(old.isBelow(.standard))
    }

    @Test func nothingIsMissingFromAHigherCost() {
        #expect(ScryptCost.standard.complement(to: .standard) == nil)
        #expect(ScryptCost(logN: 15, r: 8, p: 5).complement(to: .standard) == nil)
        #expect(!ScryptCost(logN: 15, r: 8, p: 5).isBelow(.standard))
        #expect(!ScryptCost.standard.isBelow(.standard))
    }
}
