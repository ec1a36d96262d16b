import Chassis
import HTTP
import Testing

@testable import PaymentsService

@Suite struct OwnerNamesTests {
    private let directory = StubDirectory()
    private let clock = ManualWallClock()
    private let names: OwnerNames

    init() { names = OwnerNames(directory: directory, clock: clock) }

    private func name(_ user: String) async throws -> String? {
        await names.name(of: user, for: RequestOrigin(try Request(target: "/").context))
    }

    @Test("A name is asked for once in a while; that there is none, too")
    func cached() async throws {
        for _ in 0..<3 {
            #expect(try await name("ann") == "Ann")
            #expect(try await name("eve") == nil)
        }
        #expect(directory.askedNames.all == ["ann", "eve"])
        clock.advance(milliseconds: NameCache.lifetime - 1)
        #expect(try await name("ann") == "Ann")
        #expect(directory.askedNames.all.count == 2)
        clock.advance(milliseconds: 1)
        #expect(try await name("ann") == "Ann")
        #expect(directory.askedNames.all == ["ann", "eve", "ann"])
    }

    @Test("Who does not answer is not asked for every line, and what is known is still said")
    func down() async throws {
        #expect(try await name("ann") == "Ann")
        directory.setDown(true)
        for _ in 0..<3 { #expect(try await name("bob") == nil) }
        #expect(directory.askedNames.all == ["ann", "bob"])
        #expect(try await name("ann") == "Ann")
        directory.setDown(false)
        #expect(try await name("bob") == nil)
        clock.advance(milliseconds: NameCache.pause)
        #expect(try await name("bob") == "Bob")
    }

    @Test func itIsBounded() {
        var cache = NameCache()
        for number in 0..<NameCache.capacity { cache.insert("x", of: "\(number)", at: number < 10 ? 0 : 40_000) }
        #expect(cache.count == NameCache.capacity)
        // Those that are over make room.
        cache.insert("y", of: "one more", at: 40_000)
        #expect(cache.count == NameCache.capacity - 9)
        #expect(cache.lookUp("10", at: 40_001) == .known("x") && cache.lookUp("9", at: 40_001) == .ask)
        for number in 0..<30 { cache.insert("z", of: "z\(number)", at: 40_000) }
        #expect(cache.count <= NameCache.capacity)
        #expect(cache.lookUp("z29", at: 40_001) == .known("z"))
    }

    @Test("A clock that was set back keeps neither a name nor a pause for long")
    func clockSetBack() {
        var cache = NameCache()
        cache.insert("Ann", of: "ann", at: 1_000_000)
        cache.failed(at: 1_000_000)
        #expect(cache.lookUp("ann", at: 1_000) == .ask && cache.lookUp("bob", at: 1_000) == .ask)
    }
}
