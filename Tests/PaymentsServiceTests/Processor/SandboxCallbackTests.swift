import Chassis
import Synchronization
import Testing

@testable import PaymentsService

@Suite struct SandboxCallbackTests {
    /// Takes down what comes, and takes it when it is told to.
    private final class Recorder: CallbackTransport {
        private let state = Mutex<(bodies: [[UInt8]], signatures: [String], refusals: Int)>(([], [], 0))
        var bodies: [[UInt8]] { state.withLock { $0.bodies } }
        var signatures: [String] { state.withLock { $0.signatures } }

        func refuse(_ count: Int) { state.withLock { $0.refusals = count } }

        func deliver(_ body: [UInt8], signature: String) async -> Bool {
            state.withLock { state in
                state.bodies.append(body)
                state.signatures.append(signature)
                guard state.refusals > 0 else { return true }
                state.refusals -= 1
                return false
            }
        }
    }

    private static let secrets = CallbackSecrets(SecretSource(value: String(repeating: "k", count: 32)))

    private func order(_ instrument: String) -> ProcessorOrder {
        ProcessorOrder(
            key: "\(instrument):step", kind: instrument.hasPrefix("card") ? .charge : .payout, amount: 5,
            currency: "USD",
            instrument: instrument)
    }

    @Test(
        "What was final in the answer is not told again, the rest is",
        arguments: [
            ("card_ok", 0), ("card_declined", 0), ("card_slow", 1), ("card_slow_declined", 1), ("card_timeout", 1),
            ("card_duplicate_callback", 2), ("bank_ok", 0), ("bank_slow", 1), ("bank_duplicate_callback", 2),
        ])
    func told(instrument: String, times: Int) async throws {
        let bank = try await StoreFixture()
        let sandbox = try await bank.sandbox()
        let recorder = Recorder()
        let callbacks = SandboxCallbacks(sandbox: sandbox, secrets: Self.secrets, transport: recorder)
        _ = await sandbox.submit(order(instrument))
        if sandbox.isSlow(instrument) { #expect(try await callbacks.deliver() == 0, "it is not final") }
        bank.clock.advance(seconds: 2)
        for _ in 0..<4 { try await callbacks.deliver() }
        #expect(recorder.bodies.count == times)
        for (body, signature) in zip(recorder.bodies, recorder.signatures) {
            let told = try ProcessorCallback(json: body)
            #expect(told.key == "\(instrument):step" && told.amount == 5)
            #expect(told.outcome == (await sandbox.submit(order(instrument))))
            let valid = try #require(CallbackSignature(field: signature))
            #expect(valid.isValid(for: body, secrets: Self.secrets.current, at: bank.clock.now))
        }
    }

    @Test("What is not taken comes again later, and not for ever")
    func again() async throws {
        let bank = try await StoreFixture()
        let sandbox = try await bank.sandbox()
        let recorder = Recorder()
        let callbacks = SandboxCallbacks(sandbox: sandbox, secrets: Self.secrets, transport: recorder)
        _ = await sandbox.submit(order("card_slow"))
        bank.clock.advance(seconds: 2)
        recorder.refuse(2)
        #expect(try await callbacks.deliver() == 0)
        #expect(try await callbacks.deliver() == 0)
        #expect(recorder.bodies.count == 1, "its time has not come")
        bank.clock.advance(seconds: 1)
        #expect(try await callbacks.deliver() == 0)
        bank.clock.advance(seconds: 2)
        #expect(try await callbacks.deliver() == 1)
        #expect(Set(recorder.bodies).count == 1 && recorder.bodies.count == 3)

        _ = await sandbox.submit(order("bank_duplicate_callback"))
        recorder.refuse(100)
        for _ in 0..<30 {
            bank.clock.advance(seconds: 300)
            try await callbacks.deliver()
        }
        #expect(recorder.bodies.count == 3 + Int(SandboxCallbacks.maximumAttempts))
    }

    @Test("Without a secret nothing is sent")
    func noSecret() async throws {
        let bank = try await StoreFixture()
        let sandbox = try await bank.sandbox()
        let recorder = Recorder()
        _ = await sandbox.submit(order("card_timeout"))
        try await SandboxCallbacks(sandbox: sandbox, secrets: CallbackSecrets(nil), transport: recorder).deliver()
        #expect(recorder.bodies.isEmpty)
    }
}

extension SandboxProcessor {
    fileprivate func isSlow(_ instrument: String) -> Bool { SandboxInstrument(rawValue: instrument)?.isSlow == true }
}
