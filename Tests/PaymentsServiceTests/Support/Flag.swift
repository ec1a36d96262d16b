import Synchronization

/// Something that a test switches on.
final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func clear() { value.store(false, ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
