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

    /// Someone who writes the file every second is heard all the same.
    @Test func doesNotWaitForQuietForEver() {
        var trigger = ReloadTrigger(read: 0)
        var reloads: [Int] = []
        for version in 1...50 where trigger.look(version) == .reload { reloads.append(version) }
        #expect(reloads == Array(stride(from: 5, through: 50, by: 5)))
    }

    /// Whatever happens to the file: a version is read once, none is left unread for longer than the patience, and one
    /// that has settled is read by the second look.
    @Test func randomHistoriesLeaveNothingUnread() {
        var random = TestSeed.generator()
        for _ in 0..<500 {
            var trigger = ReloadTrigger(read: 0)
            var (read, version, newest) = (0, 0, 0)
            var previous: Int?
            var unread = 0
            for _ in 0..<200 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4:
                    newest += 1
                    version = newest
                case 4: version = Int.random(in: 0...newest, using: &random)
                default: break
                }
                let isAway = Int.random(in: 0..<10, using: &random) == 0
                if Int.random(in: 0..<20, using: &random) == 0 {
                    #expect(trigger.ask(version) == .reload)
                    (read, previous, unread) = (version, nil, 0)
                    continue
                }
                let action = trigger.look(isAway ? nil : version)
                if isAway {
                    #expect(action == .wait)
                    previous = nil
                    continue
                }
                if version == read {
                    #expect(action == .wait)
                    unread = 0
                } else {
                    unread += 1
                    let mustRead = previous == version || unread >= ReloadTrigger<Int>.patience
                    #expect(action == (mustRead ? .reload : .wait))
                }
                if action == .reload { (read, unread) = (version, 0) }
                previous = version == read ? nil : version
            }
        }
    }

    @Test func readsAtOnceWhenAskedTo() {
        var trigger = ReloadTrigger(read: 1)
        #expect(trigger.ask(1) == .reload)
        #expect(trigger.ask(2) == .reload)
        #expect(trigger.look(2) == .wait)
        #expect(trigger.look(2) == .wait)
    }
}
