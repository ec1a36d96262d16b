import Testing

@testable import TollgateTool

@Suite struct ServicePlanTests {
    private let plans = ServicePlan.all(
        port: 8080, data: "/data", inherited: ["RATE_LIMITS": "observe", "PORT": "1", "LOG_LEVEL": "debug"])

    @Test func portsFollowTheGateways() {
        #expect(plans.map(\.name) == ["gateway", "user-service", "payments-service"])
        #expect(plans.map(\.port) == [8080, 8081, 8082])
        #expect(plans.map(\.adminPort) == [9080, 9081, 9082])
    }

    @Test func everyServiceKnowsItsOwnKeyAndData() {
        for plan in plans {
            #expect(plan.environment["IDENTITY_KEY_FILE"] == "/data/keys/\(plan.name)/identity.pem")
            #expect(
                plan.environment["SIGNING_KEY_ENCRYPTION_KEY_FILE"] == "/data/keys/user-service/encryption.key")
            #expect(
                plan.environment["PROCESSOR_CALLBACK_SECRET_FILE"] == "/data/keys/payments-service/callback.secret")
            #expect(
                plan.environment["SANDBOX_CALLBACK_URL"] == "http://127.0.0.1:8080/api/v1/processor/callbacks")
            #expect(
                plan.environment["SIGNING_KEY_ENCRYPTION_KEY_PREVIOUS_FILE"]
                    == "/data/keys/user-service/previous.key")
            #expect(plan.environment["DATA_DIR"] == "/data/\(plan.name)")
            #expect(plan.environment["PORT"] == String(plan.port))
            #expect(plan.environment["BIND_ADDRESS"] == "127.0.0.1")
            #expect(plan.environment["DRAIN_DELAY_SECONDS"] == "0")
        }
    }

    @Test func theUsersSettingsReachEveryService() {
        for plan in plans {
            #expect(plan.environment["RATE_LIMITS"] == "observe")
            #expect(plan.environment["LOG_LEVEL"] == "debug")
        }
    }
}
