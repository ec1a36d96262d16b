import HTTP
import JSON

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// `make fuzz`. SwiftPM gives `main` of an executable another name, which libFuzzer's own does not have: so there is a
/// main here, and it calls libFuzzer's driver.
@main
enum FuzzHTTP {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments) { fuzzOne($0, $1) })
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// One input. The first byte chooses the parser and where the rest is split.
///
/// The name is the one that the rest of libFuzzer refers to.
///
/// Beyond not crashing, what must hold: splitting never changes the outcome, a head that was read consumed a prefix of
/// the bytes, and JSON that was read can be written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 1 else { return 0 }
    // A copy of exactly these bytes, so that a sanitizer would see a read beyond them.
    let bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    let split = bytes.count * Int(start[0] >> 2) / 63
    switch start[0] & 3 {
    case 0: check(request(bytes, []) == request(bytes, [split]))
    case 1: check(response(bytes, []) == response(bytes, [split]))
    case 2: check(chunks(bytes, []) == chunks(bytes, [split]))
    default: json(bytes)
    }
    return 0
}

private func check(_ holds: Bool) {
    // libFuzzer keeps the input of a process that traps.
    precondition(holds, "splitting the input changed the outcome")
}

private func request(_ bytes: [UInt8], _ cuts: [Int]) -> [String] {
    var parser = HeadParser()
    let head = RequestHead()
    return outcome(bytes, cuts, head) { parser.parse($0, into: head) }
}

private func response(_ bytes: [UInt8], _ cuts: [Int]) -> [String] {
    var parser = HeadParser()
    let head = ResponseHead()
    return outcome(bytes, cuts, head) { parser.parse($0, into: head, answersHead: false) }
}

private func outcome(
    _ bytes: [UInt8], _ cuts: [Int], _ head: MessageHead, _ parse: (UnsafeRawBufferPointer) -> HeadParser.Outcome
) -> [String] {
    for end in cuts + [bytes.count] {
        let prefix = Array(bytes[..<end])
        switch prefix.withUnsafeBytes(parse) {
        case .incomplete: continue
        case .failed(let error): return ["\(error)"]
        case .complete(let consumed):
            precondition((1...bytes.count).contains(consumed))
            var lines = ["\(consumed) \(head.framing) \(head.keepAlive)"]
            head.forEachField { name, value in
                lines += [String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)]
            }
            return lines
        }
    }
    return []
}

private func chunks(_ bytes: [UInt8], _ cuts: [Int]) -> [UInt8] {
    var decoder = BodyDecoder(.chunked)
    var data: [UInt8] = []
    var start = 0
    for end in cuts + [bytes.count] {
        while start <= end {
            let window = Array(bytes[start..<max(start, end)])
            let step = window.withUnsafeBytes { decoder.next($0) }
            if case .data(let skip, let count) = step {
                data += window[skip..<(skip + count)]
                start += skip + count
                continue
            }
            switch step {
            case .needMore(let consumed): start += consumed
            case .end(let consumed): return data + [0] + Array(bytes[(start + consumed)...])
            default: return data + [1]
            }
            break
        }
    }
    return data + [2]
}

private func json(_ bytes: [UInt8]) {
    guard let value = try? JSONValue(parsing: bytes) else { return }
    var writer = JSONWriter()
    writer.value(value)
    let again = try? JSONValue(parsing: writer.bytes)
    precondition(again == value, "what was written does not read back")
}
