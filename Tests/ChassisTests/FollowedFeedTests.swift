import Chassis
import JSON
import Testing

/// The half of user-service's feed that all who follow it share.
@Suite struct FollowedFeedTests {
    /// An event of which only the type matters.
    private struct Event: FollowedEvent {
        let sequence: Int64
        let type: String

        init(sequence: Int64, type: String) { (self.sequence, self.type) = (sequence, type) }

        init(_ json: JSONValue) throws(FeedUnusable) {
            guard let sequence = json["sequence"]?.integer, let type = json["type"]?.string else {
                throw FeedUnusable("an event without sequence or type")
            }
            self.init(sequence: sequence, type: type)
        }
    }

    private func page(_ text: String, status: Int = 200, after: Int64 = 3) throws -> FollowedPage<Event>? {
        try FollowedPage(status: status, body: Array(text.utf8), after: after)
    }

    private static let good = #"{"events":[{"sequence":4,"type":"a"},{"sequence":6,"type":"b"}],"next":6}"#

    @Test func aPageHasItsEventsAndItsPosition() throws {
        let events = [Event(sequence: 4, type: "a"), Event(sequence: 6, type: "b")]
        #expect(try page(Self.good) == FollowedPage(events: events, next: 6))
        #expect(try page(#"{"events":[],"next":3}"#) == FollowedPage(events: [], next: 3), "nothing new")
    }

    @Test(arguments: [
        #"{"events":[],"next":2}"#, #"{"events":[]}"#, #"{"next":9}"#, #"{"events":{},"next":9}"#, "[]", "null",
        #"{"events":[{"sequence":4}],"next":9}"#,
    ])
    func whatCannotBeFollowedIsSaid(text: String) {
        #expect(throws: FeedUnusable.self) { try page(text) }
    }

    @Test func whatIsNoJSONOrTooLongIsNoPage() {
        #expect(throws: (any Error).self) { try page("no") }
        let long = #"{"events":[],"next":9,"x":""# + String(repeating: "x", count: FollowedFeed.maximumLength) + "\"}"
        #expect(throws: (any Error).self) { try page(long) }
    }

    @Test func whoIsTooFarBehindBeginsAnew() throws {
        #expect(try page("{}", status: 410) == nil)
        for status in [204, 401, 404, 500, 503] {
            #expect(throws: UnexpectedStatus(status)) { try page(Self.good, status: status) }
        }
    }

    @Test func aSnapshotStandsBeforeWhatFollowsIt() throws {
        let read = { (text: String) in try SnapshotPosition(try JSONValue(parsing: Array(text.utf8))) }
        let last = try read(#"{"sequence":5,"replay_after":7}"#)
        #expect((last.sequence, last.replayAfter) == (5, 5), "never from behind the snapshot")
        #expect(last.next == nil)
        let first = try read(#"{"sequence":5,"replay_after":2,"next":"key_1"}"#)
        #expect((first.sequence, first.replayAfter) == (5, 2))
        #expect(first.next == "key_1")
        for text in [#"{"sequence":5}"#, #"{"replay_after":5}"#, #"{"sequence":"5","replay_after":2}"#, "[]"] {
            #expect(throws: FeedUnusable.self) { try read(text) }
        }
    }

    @Test func targetsSayFromWhereAndHowMuch() {
        #expect(FollowedFeed.target(after: 7) == "/internal/v1/events?after=7&wait=2&limit=1000")
        #expect(FollowedFeed.target(ofSnapshot: "/x", after: nil) == "/x?limit=1000")
        #expect(FollowedFeed.target(ofSnapshot: "/x", after: "key_1") == "/x?limit=1000&after=key_1")
    }
}
