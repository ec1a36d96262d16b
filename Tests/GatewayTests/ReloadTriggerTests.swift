import Testing

@testable import Gateway

@Suite struct ReloadTriggerTests {
    @Test func readsAChangeWhenItHasSettled() {
        var trigger = ReloadTrigger(read: 1)
        #expect(trigger.look(1) == .wait)
        #expect(trigger.look(2) == .wait)
        #expect(trigger.look(3) == .wait)
        #expect(trigger.look(3) == .reload)
        #expect(trigger.look(3) == .wait)
    }

    @Test func waitsOutAFileThatIsAway() {
        var trigger = ReloadTrigger(read: 1)
        #expect(trigger.look(nil) == .wait)
        #expect(trigger.look(2) == .wait)
        #expect(trigger.look(nil) == .wait)
        #expect(trigger.look(2) == .wait)
        #expect(trigger.look(2) == .reload)
    }

    @Test func aChangeThatIsTakenBackIsNone() {
        var trigger = ReloadTrigger(read: 1)
        #expect(trigger.look(2) == .wait)
        #expect(trigger.look(1) == .wait)
        #expect(trigger.look(2) == .wait)
        #expect(trigger.look(2) == .reload)
    }

    @Test func readsAtOnceWhenAskedTo() {
        var trigger = ReloadTrigger(read: 1)
        #expect(trigger.ask(1) == .reload)
        #expect(trigger.ask(2) == .reload)
        #expect(trigger.look(2) == .wait)
        #expect(trigger.look(2) == .wait)
    }
}
