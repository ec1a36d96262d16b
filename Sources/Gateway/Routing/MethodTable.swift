import HTTP

/// Gives every method that routes name a bit, so that a set of methods is a number.
struct MethodTable: Sendable {
    /// The methods that the parser tells apart; their bits are the first ones, in the order of `RequestHead.Method`.
    static let common = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    /// Every method, named by a route or not.
    static let all = UInt64.max
    /// How many further methods the routes may name.
    static let maximumOthers = 56
    static let get = UInt64(1) << UInt64(RequestHead.Method.get.rawValue)
    static let head = UInt64(1) << UInt64(RequestHead.Method.head.rawValue)

    /// The bit of all methods that no route names.
    private static let unnamed = UInt64(1) << 63
    private let others: [[UInt8]]

    /// - Parameter names: The methods that routes name, in any order, with repetitions.
    init(_ names: some Sequence<String>) {
        others = Set(names).subtracting(Self.common).sorted().prefix(Self.maximumOthers).map { Array($0.utf8) }
    }

    /// The bits of `names`; all bits when there are none.
    func mask(_ names: [String]) -> UInt64 {
        names.isEmpty ? Self.all : names.reduce(0) { $0 | bit($1) }
    }

    /// The names of the bits in `mask`, sorted.
    func names(_ mask: UInt64) -> [String] {
        named.filter { mask & $0.bit != 0 }.map(\.name).sorted()
    }

    /// The bit of a request's method.
    @inline(__always)
    func bit(of head: RequestHead) -> UInt64 {
        head.methodKind == .other ? bitOfOther(head) : 1 << UInt64(head.methodKind.rawValue)
    }

    private func bitOfOther(_ head: RequestHead) -> UInt64 {
        guard !others.isEmpty else { return Self.unnamed }
        return head.withBytes(head.methodRange) { method in
            others.firstIndex { $0.elementsEqual(method) }.map(Self.bit(ofOther:)) ?? Self.unnamed
        }
    }

    private func bit(_ name: String) -> UInt64 { named.first { $0.name == name }?.bit ?? 0 }

    private var named: [(name: String, bit: UInt64)] {
        Self.common.enumerated().map { ($1, 1 << UInt64($0)) }
            + others.enumerated().map { (String(decoding: $1, as: UTF8.self), Self.bit(ofOther: $0)) }
    }

    private static func bit(ofOther index: Int) -> UInt64 { 1 << UInt64(common.count + index) }
}
