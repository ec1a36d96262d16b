public import HTTP
import HTTPTypes
import Sockets

extension FaultLab {
    /// How slow an upstream is for a request that is about to be sent to it; `nil` when it is as fast as it is.
    public func slowness(of upstream: String, _ context: RequestContext) -> FaultSlowness? {
        guard isArmed(.slowDownstream) else { return nil }
        let (faults, delay) = strike(.slowDownstream, route: context.route, upstream: upstream)
        guard !faults.isEmpty else { return nil }
        let rates = faults.compactMap { fault in
            if case .slowDownstream(_, _, let rate) = fault.specification.effect { rate } else { nil }
        }
        return FaultSlowness(
            milliseconds: delay, bytesPerSecond: rates.min(), faults: faults.map(\.id).joined(separator: ", "))
    }
}

/// How slow an upstream is made.
public struct FaultSlowness: Sendable {
    /// The delay before each request.
    public let milliseconds: Int
    let bytesPerSecond: Int?
    let faults: String

    /// Says so in the answer, and throttles its body.
    public func apply(to response: inout Response, _ context: RequestContext) {
        response.fields.append(HTTPField(name: .tollgateFault, value: faults))
        if context.reason == nil { context.reason = "injected_slow_downstream" }
        guard let rate = bytesPerSecond else { return }
        switch response.body {
        case .empty, .tunnel: break
        case .bytes(let bytes):
            response.body = .stream(length: bytes.count) { writer in
                try await PacedSink(writer: writer, rate: rate).write(bytes)
            }
        case .stream(let length, let produce):
            response.body = .stream(length: length) { writer in
                try await produce(BodyWriter(PacedSink(writer: writer, rate: rate)))
            }
        }
    }
}

/// Sends no more than so many bytes per second.
private struct PacedSink: ResponseBodySink {
    let writer: BodyWriter
    let rate: Int

    /// In pieces of a twentieth of a second.
    func write(_ bytes: [UInt8]) async throws {
        let size = max(1, rate / 20)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            try await writer.write(piece)
            let pause = Duration.seconds(Double(piece.count) / Double(rate))
            if let loop = EventLoop.current { await loop.sleep(for: pause) } else { try await Task.sleep(for: pause) }
            // Who has gone needs no more of it.
            try Task.checkCancellation()
        }
    }

    func flush() async throws { try await writer.flush() }
    func setTrailers(_ fields: HTTPFields) { writer.setTrailers(fields) }
}
