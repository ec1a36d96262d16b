import TestSupport
import Testing

@testable import UserService

@Suite struct TOTPTests {
    private let totp = TOTP(secret: Array("12345678901234567890".utf8))

    /// RFC 6238 appendix B, the last six digits of the SHA-1 column; times in seconds.
    @Test(arguments: [
        (Int64(59), "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
        (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ])
    func theVectorsOfTheRFC(seconds: Int64, code: String) {
        #expect(totp.code(step: TOTP.step(at: seconds * 1_000)) == code)
    }

    @Test func aCodeIsGoodOneStepEarlierAndLater() {
        let now: Int64 = 1_700_000_010_000
        let step = TOTP.step(at: now)
        for offset in Int64(-3)...3 {
            let found = totp.step(of: totp.code(step: step + offset), now: now, usedUpTo: 0)
            #expect(found == (abs(offset) <= 1 ? step + offset : nil))
        }
    }

    @Test func aUsedStepAndThoseBeforeItAreNotTakenAgain() {
        let now: Int64 = 1_700_000_010_000
        let step = TOTP.step(at: now)
        #expect(totp.step(of: totp.code(step: step), now: now, usedUpTo: step) == nil)
        #expect(totp.step(of: totp.code(step: step - 1), now: now, usedUpTo: step) == nil)
        #expect(totp.step(of: totp.code(step: step + 1), now: now, usedUpTo: step) == step + 1)
    }

    @Test(arguments: ["", "00000", "0000000", "abcdef", "٢٨٧٠٨٢"])
    func whatIsNoCodeIsWrong(code: String) {
        #expect(totp.step(of: code, now: 59_000, usedUpTo: 0) == nil)
    }

    /// The secret of the RFC in base 32, as authenticator apps show it.
    @Test func theURIIsWhatAppsRead() {
        #expect(totp.text == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        let uri = totp.uri(account: "a+b@exämple.com", issuer: "Tollgate")
        #expect(
            uri == "otpauth://totp/Tollgate:a%2Bb%40ex%C3%A4mple.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                + "&issuer=Tollgate&algorithm=SHA1&digits=6&period=30")
    }

    @Test(arguments: [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")])
    func base32IsThatOfTheRFC(text: String, encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
    }

    @Test func recoveryCodesAreReadHoweverTheyAreTyped() throws {
        for _ in 0..<50 {
            let code = RecoveryCode.random()
            #expect(code.exposed.count == 27 && code.exposed.split(separator: "-").map(\.count) == [6, 6, 6, 6])
            let typed = code.exposed.uppercased().replacing("-", with: " ")
            #expect(RecoveryCode(typed) == code && RecoveryCode(code.exposed)?.hash == code.hash)
        }
        #expect(
            RecoveryCode("") == nil && RecoveryCode("abc") == nil
                && RecoveryCode(String(repeating: "u", count: 24)) == nil)
        #expect("\(RecoveryCode.random())" == "[recovery code]")
    }

    @Test func guessingSlowsDownAndARightCodeEndsThat() {
        var attempts = FactorAttempts()
        for _ in 0..<4 { attempts.fail(now: 1_000) }
        #expect(attempts.allows(now: 1_000))
        var pauses: [Int64] = []
        for _ in 0..<7 {
            attempts.fail(now: 1_000)
            pauses.append((attempts.blockedUntil - 1_000) / 1_000)
            #expect(!attempts.allows(now: attempts.blockedUntil - 1) && attempts.allows(now: attempts.blockedUntil))
        }
        #expect(pauses == [30, 60, 120, 240, 480, 900, 900])
        attempts.succeed()
        #expect(attempts == FactorAttempts())
    }

    @Test func aClockThatIsSetBackPausesNobodyForLonger() {
        var attempts = FactorAttempts()
        for _ in 0..<20 { attempts.fail(now: 7_200_000) }
        #expect(!attempts.allows(now: 7_200_000) && attempts.allows(now: 7_199_999))
        attempts.fail(now: 3_600_000)
        #expect(!attempts.allows(now: 3_600_000) && attempts.allows(now: 3_600_000 + 900_000))
    }

    /// A day of guessing without a stop: hardly more than a hundred codes are looked at.
    @Test func aDayAllowsAboutAHundredGuesses() {
        var random = SeededGenerator.announced("guesses")
        var (attempts, now, guesses) = (FactorAttempts(), Int64(0), 0)
        while now < 86_400_000 {
            if attempts.allows(now: now) {
                attempts.fail(now: now)
                guesses += 1
            }
            now += Int64.random(in: 1...2_000, using: &random)
        }
        #expect((80...110).contains(guesses))
    }
}
