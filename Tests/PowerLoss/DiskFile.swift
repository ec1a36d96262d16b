import TestSupport

/// A file of a ``Disk``: what it holds for good, and what was written to it since the last sync, which is only on its way.
final class DiskFile {
    private enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncation(size: Int)
    }

    /// What a disk writes as a whole or not at all, bytes.
    private static let sector = 512

    private var durable: [UInt8]
    private var changes: [Change] = []
    /// How many of the changes were to be durable by the last sync; a disk that is late has not done it yet.
    private var promised = 0

    init(_ durable: [UInt8]) { self.durable = durable }

    func write(_ bytes: [UInt8], at offset: Int) { changes.append(.write(offset: offset, bytes: bytes)) }

    func truncate(to size: Int) { changes.append(.truncation(size: size)) }

    func sync(_ honesty: Disk.Honesty) {
        switch honesty {
        case .honest: settle(changes.count)
        case .late: settle(promised)
        case .lying: return
        }
        promised = changes.count
    }

    /// What is on its way never arrives.
    func forget() { (changes, promised) = ([], 0) }

    private func settle(_ count: Int) {
        for change in changes.prefix(count) { apply(change, to: &durable) }
        changes.removeFirst(count)
    }

    /// What is left when the power fails: what is durable, and what `survival` leaves of the rest.
    func afterLoss(_ survival: Survival, _ generator: inout SeededGenerator) -> [UInt8] {
        var content = durable
        for change in changes {
            switch survival {
            case .nothing: continue
            case .everything: apply(change, to: &content)
            case .some: if generator.chance(0.5) { apply(change, to: &content) }
            case .torn: tear(change, into: &content, &generator)
            }
        }
        return content
    }

    private func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .truncation(let size): content = Array(content.prefix(size))
        case .write(let offset, let bytes):
            let missing = offset + bytes.count - content.count
            // A gap reads as zeros.
            if missing > 0 { content += [UInt8](repeating: 0, count: missing) }
            content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
    }

    /// Each sector that a write touches arrives or does not.
    private func tear(_ change: Change, into content: inout [UInt8], _ generator: inout SeededGenerator) {
        guard case .write(var offset, let bytes) = change else {
            if generator.chance(0.5) { apply(change, to: &content) }
            return
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.sector - offset % Self.sector)
            if generator.chance(0.5) { apply(.write(offset: offset, bytes: Array(piece)), to: &content) }
            offset += piece.count
            rest = rest.dropFirst(piece.count)
        }
    }
}

/// What becomes of writes that were not synced when the power fails.
enum Survival: CaseIterable {
    case nothing, everything
    /// Each write as a whole, or not.
    case some
    /// Each sector, or not.
    case torn
}
