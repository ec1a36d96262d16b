import Testing

@testable import Gateway

@Suite struct WaitingRoomTests {
    @Test func theFirstOneTriesTheOthersSleep() {
        var room = WaitingRoom(capacity: 3)
        #expect(room.enter() == .scout(1))
        #expect(room.enter() == .wait(2))
        #expect(room.enter() == .wait(3))
        #expect(room.enter() == .full)
        #expect(room.opened() == [2, 3])
        #expect(room.count == 0)
        #expect(room.enter() == .scout(4))
    }

    @Test func whenTheScoutLeavesTheNextOneTakesOver() {
        var room = WaitingRoom(capacity: 3)
        _ = (room.enter(), room.enter(), room.enter())
        #expect(room.leave(3) == nil)
        #expect(room.leave(1) == 2)
        #expect(room.isScout(2))
        #expect(room.leave(2) == nil)
        #expect(room.count == 0)
    }

    @Test func noCapacityMeansNoWaiting() {
        var room = WaitingRoom(capacity: 0)
        #expect(room.enter() == .full)
    }

    /// Whatever happens in whatever order: never more than the capacity, exactly one scout while anybody is there, and
    /// everybody who sleeps is woken once at most.
    @Test func randomHistoriesKeepTheRules() {
        var random = TestSeed.generator()
        for _ in 0..<200 {
            let capacity = Int.random(in: 1...8, using: &random)
            var room = WaitingRoom(capacity: capacity)
            var inside: Set<WaitingRoom.Ticket> = []
            var scout: WaitingRoom.Ticket?
            for _ in 0..<200 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<6:
                    switch room.enter() {
                    case .scout(let ticket):
                        #expect(scout == nil && inside.insert(ticket).inserted)
                        scout = ticket
                    case .wait(let ticket): #expect(scout != nil && inside.insert(ticket).inserted)
                    case .full: #expect(inside.count == capacity)
                    }
                case 6:
                    let woken = Set(room.opened())
                    #expect(woken == inside.subtracting(scout.map { [$0] } ?? []))
                    (inside, scout) = ([], nil)
                default:
                    guard let ticket = inside.randomElement(using: &random) else { continue }
                    inside.remove(ticket)
                    let heir = room.leave(ticket)
                    if ticket == scout {
                        #expect((heir == nil) == inside.isEmpty)
                        if let heir { #expect(inside.contains(heir)) }
                        scout = heir
                    } else {
                        #expect(heir == nil)
                    }
                }
                #expect(room.count == inside.count)
            }
        }
    }
}
