import Chassis
import TestSupport
import Testing

@testable import Gateway

@Suite struct ProjectionStateTests {
    /// User-service as it is: keys by id, and the feed of all that happened to them.
    private struct Source {
        var keys: [String: KeyRecord] = [:]
        var events: [FeedEvent] = []
        private var secrets = 0

        mutating func secret() -> [UInt8] {
            secrets += 1
            return withUnsafeBytes(of: secrets) { Array($0) }
        }

        mutating func change(using random: inout SeededGenerator) {
            let id = "key_\(Int.random(in: 0..<12, using: &random))"
            let sequence = Int64(events.count + 1)
            guard let key = keys[id] else {
                let made = KeyRecord(id: id, user: "usr_1", hash: secret(), scopes: [])
                keys[id] = made
                return events.append(FeedEvent(sequence: sequence, change: .key(made)))
            }
            if Bool.random(using: &random) {
                keys[id] = nil
                return events.append(FeedEvent(sequence: sequence, change: .keyEnded(id)))
            }
            let previous = KeyRecord.Previous(hash: key.hash, validUntil: sequence)
            let rotated = KeyRecord(id: id, user: "usr_1", hash: secret(), previous: previous, scopes: [])
            keys[id] = rotated
            events.append(FeedEvent(sequence: sequence, change: .key(rotated)))
        }

        var snapshot: SnapshotPage {
            SnapshotPage(
                keys: Array(keys.values), sequence: Int64(events.count), replayAfter: Int64(max(0, events.count - 20)))
        }
    }

    /// Whatever order snapshots, pages and look-ups arrive in, however late the latter: once the feed was followed to its
    /// end, every key is held as it is, and none that is gone.
    @Test func theFeedHasTheLastWord() {
        var random = SeededGenerator.announced()
        for _ in 0..<60 {
            var source = Source()
            var state = ProjectionState(capacity: 1_000)
            var late: [(KeyRecord, Int64)] = []
            state.load(source.snapshot)
            for _ in 0..<200 {
                switch Int.random(in: 0..<8, using: &random) {
                case 0...3: source.change(using: &random)
                case 4: follow(source, &state, atMost: Int.random(in: 0...5, using: &random))
                case 5:
                    // A look-up reads now and answers some time later.
                    if let key = source.keys.values.randomElement(using: &random) {
                        late.append((key, Int64(source.events.count)))
                    }
                case 6:
                    if let index = late.indices.randomElement(using: &random) {
                        let (record, position) = late.remove(at: index)
                        _ = state.insert(record, readAt: position)
                    }
                default:
                    if Int.random(in: 0..<5, using: &random) == 0 { state.load(source.snapshot) }
                }
            }
            follow(source, &state, atMost: .max)
            for (record, position) in late { _ = state.insert(record, readAt: position) }
            let held = Dictionary(uniqueKeysWithValues: state.keys.all.map { ($0.record.id, $0.record) })
            #expect(held == source.keys)
            for key in source.keys.values { #expect(state.keys.find(key.hash)?.record == key) }
            let hashes = Set(source.keys.values.flatMap { [$0.hash] + ($0.previous.map { [$0.hash] } ?? []) })
            for event in source.events {
                guard case .key(let record) = event.change, !hashes.contains(record.hash) else { continue }
                #expect(state.keys.find(record.hash) == nil)
            }
        }
    }

    private func follow(_ source: Source, _ state: inout ProjectionState, atMost count: Int) {
        guard let position = state.position else { return }
        let events = Array(source.events.dropFirst(Int(position)).prefix(count))
        _ = state.apply(FeedPage(events: events, next: events.last?.sequence ?? position), now: 0)
    }

    @Test func endedSessionsAreForgottenWithTheirTokens() {
        var state = ProjectionState(capacity: 10)
        let page = FeedPage(events: [FeedEvent(sequence: 1, change: .sessionEnded("ses_1"))], next: 1)
        let changes = [state.apply(page, now: 1_000), state.apply(page, now: 1_000)]
        #expect(changes == [.sessions, []])
        #expect(state.hasEnded("ses_1") && !state.hasEnded("ses_2"))
        // A snapshot does not bring them back.
        state.load(SnapshotPage(keys: [], sequence: 9, replayAfter: 9))
        #expect(state.hasEnded("ses_1"))
        state.forget(now: 1_000 + ProjectionState.memoryOfSessions - 1)
        #expect(state.endedSessions == 1)
        state.forget(now: 1_000 + ProjectionState.memoryOfSessions)
        #expect(state.endedSessions == 0)
    }

    @Test func whatIsHeldIsBounded() {
        var table = KeyTable(capacity: 10)
        for number in 0..<100 {
            let hash = withUnsafeBytes(of: number) { Array($0) }
            let record = KeyRecord(id: "key_\(number)", user: "usr_1", hash: hash, scopes: [])
            let inserted = table.insert(record, readAt: 0)
            #expect(inserted?.key.record == record)
            #expect(table.find(hash)?.record == record && table.count <= 10)
        }
    }

    @Test func usesSurviveARotation() {
        var table = KeyTable(capacity: 10)
        table.replaceAll([KeyRecord(id: "key_1", user: "usr_1", hash: [1], scopes: [])], at: 1)
        table.find([1])?.use.note(5_000)
        let isChange = table.apply(KeyRecord(id: "key_1", user: "usr_1", hash: [2], scopes: []), at: 2)
        #expect(isChange)
        #expect(table.find([1]) == nil && table.find([2])?.use.unreported == 5_000)
    }
}
