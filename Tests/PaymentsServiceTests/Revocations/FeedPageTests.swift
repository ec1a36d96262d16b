import Chassis
import JSON
import Testing

@testable import PaymentsService

@Suite struct FeedPageTests {
    private func page(_ events: String, next: Int64 = 9) throws -> FeedPage {
        try FeedPage(parsing: Array(#"{"events":[\#(events)],"next":\#(next)}"#.utf8), after: 3)
    }

    private static let time = #""occurred_at":"2026-01-15T09:30:00.000Z""#

    @Test(
        "Each type that matters, and every other one",
        arguments: [
            ("session.revoked", #"{"session":"ses_1","user":"usr_1","reason":"logout"}"#, .ended(.session, "ses_1")),
            ("api_key.revoked", #"{"user":"usr_1","key":{"id":"key_1"}}"#, .ended(.apiKey, "key_1")),
            ("user.locked", #"{"user":"usr_1"}"#, .ended(.lockedUser, "usr_1")),
            ("user.unlocked", #"{"user":"usr_1"}"#, .unlocked("usr_1")),
            ("user.deleted", #"{"user":"usr_1"}"#, .ended(.erasedUser, "usr_1")),
            ("user.roles_changed", #"{"user":"usr_1","roles":[]}"#, .other), ("user.verified", "{}", .other),
            ("api_key.created", "{}", .other), ("weather.changed", "5", .other),
        ] as [(String, String, FeedEvent.Change)])
    func types(type: String, data: String, change: FeedEvent.Change) throws {
        let page = try page(#"{"sequence":4,"id":"evt_1","type":"\#(type)",\#(Self.time),"data":\#(data)}"#)
        #expect(page.events == [FeedEvent(sequence: 4, occurredAt: 1_768_469_400_000, change: change)])
        #expect(page.next == 9)
    }

    @Test(
        "What cannot be followed is said",
        arguments: [
            #"{"type":"user.locked",\#(time),"data":{"user":"usr_1"}}"#, #"{"sequence":4,\#(time),"data":{}}"#,
            #"{"sequence":0,"type":"x",\#(time)}"#, #"{"sequence":4,"type":"x"}"#,
            #"{"sequence":4,"type":"user.locked",\#(time),"data":{}}"#,
            #"{"sequence":4,"type":"user.deleted",\#(time),"data":{"user":""}}"#,
            #"{"sequence":4,"type":"api_key.revoked",\#(time),"data":{"key":"key_1"}}"#,
            #"{"sequence":4,"type":"session.revoked",\#(time)}"#,
        ])
    func unusable(event: String) {
        #expect(throws: FeedUnusable.self) { try page(event) }
    }

    @Test func aFeedNeverGoesBack() {
        #expect(throws: FeedUnusable.self) { try page("", next: 2) }
    }

    @Test func snapshots() throws {
        let text = #"{"users":["usr_1"],"next":"usr_1","sequence":5,"replay_after":7}"#
        let page = try LockSnapshotPage(parsing: Array(text.utf8))
        #expect(page.snapshot == LockSnapshot(users: ["usr_1"], sequence: 5, replayAfter: 5))
        #expect(page.next == "usr_1")
        #expect(throws: FeedUnusable.self) { try LockSnapshotPage(parsing: Array(#"{"users":[]}"#.utf8)) }
    }
}
