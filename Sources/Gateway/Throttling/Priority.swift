/// Who goes first when not everybody can: the classes in their order.
enum Priority: Int, Sendable, CaseIterable {
    case high
    case normal
    case low

    /// As it is written in the file and in the metrics.
    var name: String {
        switch self {
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }
}
