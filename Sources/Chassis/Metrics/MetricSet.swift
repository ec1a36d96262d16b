/// The metrics of a module: a struct whose stored properties are ``Metric``s, so that none can be declared and forgotten
/// in the list.
public protocol MetricSet: Sendable {
    /// All of them, declared.
    static var declared: Self { get }
}

extension MetricSet {
    /// The metrics in the order of their declaration.
    public static var all: [Metric] { Mirror(reflecting: declared).children.compactMap { $0.value as? Metric } }
}
