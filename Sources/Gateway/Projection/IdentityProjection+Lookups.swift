import Chassis
import Synchronization

// Keys that are not held are asked for, each by one request at a time on behalf of all that come with it.
extension IdentityProjection {
    /// The key for a secret's hash; asks user-service when it is not held.
    func key(_ hash: [UInt8]) async -> Answer {
        enum Next {
            case answer(Answer)
            case fetch
            case join
        }
        let next: Next = state.withLock { state in
            if let held = state.known.keys.find(hash) { return .answer(.key(held)) }
            switch state.lookups.request(hash, now: monotonic()) {
            case .unknown: return .answer(.unknown)
            case .fetch: return .fetch
            case .join: return .join
            case .tooMany:
                metrics.tooMany.increment()
                return .answer(.unavailable)
            }
        }
        switch next {
        case .answer(let answer): return answer
        case .join: return await joined(hash)
        // A task of its own: the request that caused it may be cancelled, those that joined may not be.
        case .fetch: return await Task { await self.lookUp(hash) }.value
        }
    }

    private func joined(_ hash: [UInt8]) async -> Answer {
        await withCheckedContinuation { continuation in
            let answer: Answer? = state.withLock { state in
                if let held = state.known.keys.find(hash) { return .key(held) }
                // Over in between, and not found: what came of it is known, or the client tries again.
                guard state.lookups.isRunning(hash) else {
                    return state.lookups.isUnknown(hash, now: monotonic()) ? .unknown : .unavailable
                }
                state.waiting[hash, default: []].append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func lookUp(_ hash: [UInt8]) async -> Answer {
        let answer = await fetched(hash)
        let isUnknown = if case .unknown = answer { true } else { false }
        let waiting = state.withLock { state in
            state.lookups.finished(hash, isUnknown: isUnknown, now: monotonic())
            return state.waiting.removeValue(forKey: hash) ?? []
        }
        for one in waiting { one.resume(returning: answer) }
        return answer
    }

    private func fetched(_ hash: [UInt8]) async -> Answer {
        // An answer that the feed has overtaken is asked for again; more than once is very unlikely.
        for _ in 0..<3 {
            do {
                switch try await feed.key(hash: hash) {
                case .nothing:
                    metrics.unknown.increment()
                    return .unknown
                case .key(let record, let position):
                    guard record.validUntil(hash) != nil else { return .unknown }
                    metrics.found.increment()
                    let kept = state.withLock { $0.known.insert(record, readAt: position) }
                    guard let kept else { continue }
                    if kept.isChange { publish(.keys) }
                    return .key(kept.key)
                }
            } catch {
                metrics.failed.increment()
                return .unavailable
            }
        }
        return .unavailable
    }
}
