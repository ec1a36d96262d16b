import Foundation

/// Lines over one axis as SVG. Colours come from the page's style.
struct LoadChart {
    /// What a screen reader says of it.
    let label: String
    /// The unit of the values.
    let unit: String
    /// Where the horizontal axis has words.
    let marks: [(at: Double, text: String)]
    /// At most two lines.
    let lines: [(name: String, points: [(x: Double, y: Double)])]

    private static let (width, height) = (900.0, 240.0)
    private static let (left, right, top, bottom) = (70.0, 20.0, 24.0, 26.0)

    var svg: String {
        """
        <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(LoadPage.escaped(label))">\
        \(rules)\(axis)\(drawn)\(keys)</svg>
        """
    }

    private var highest: Double { Self.round(up: lines.flatMap(\.points).map(\.y).max() ?? 1) }
    private var farthest: Double { max(lines.flatMap(\.points).map(\.x).max() ?? 1, 0.000_1) }

    /// 1, 2 or 5 times a power of ten.
    static func round(up value: Double) -> Double {
        guard value > 0 else { return 1 }
        let power = pow(10, floor(log10(value)))
        return ([1.0, 2, 5, 10].first { $0 * power >= value } ?? 10) * power
    }

    private func x(_ value: Double) -> Double {
        Self.left + value / farthest * (Self.width - Self.left - Self.right)
    }

    private func y(_ value: Double) -> Double {
        Self.height - Self.bottom - value / highest * (Self.height - Self.top - Self.bottom)
    }

    private var rules: String {
        (0...4).map { step in
            let value = highest * Double(step) / 4
            let height = Self.text(y(value))
            return "<line class=\"rule\" x1=\"\(Self.text(Self.left))\" x2=\"\(Self.text(Self.width - Self.right))\" "
                + "y1=\"\(height)\" y2=\"\(height)\"/><text x=\"\(Self.text(Self.left - 8))\" y=\"\(height)\" "
                + "dy=\"4\" text-anchor=\"end\">\(Self.number(value)) \(unit)</text>"
        }.joined()
    }

    private var axis: String {
        marks.filter { $0.at <= farthest }.map { mark in
            "<text x=\"\(Self.text(x(mark.at)))\" y=\"\(Self.text(Self.height - 6))\" text-anchor=\"middle\">"
                + "\(LoadPage.escaped(mark.text))</text>"
        }.joined()
    }

    private var drawn: String {
        lines.enumerated().map { index, line in
            let points = line.points.map { "\(Self.text(x($0.x))),\(Self.text(y($0.y)))" }.joined(separator: " ")
            return "<polyline class=\"line\(index)\" fill=\"none\" stroke-width=\"2\" points=\"\(points)\"/>"
        }.joined()
    }

    private var keys: String {
        guard lines.count > 1 else { return "" }
        return lines.enumerated().map { index, line in
            let place = Self.left + Double(index) * 110
            return "<rect class=\"key\(index)\" x=\"\(Self.text(place))\" y=\"4\" width=\"12\" height=\"12\"/>"
                + "<text x=\"\(Self.text(place + 18))\" y=\"14\">\(LoadPage.escaped(line.name))</text>"
        }.joined()
    }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(format: "%.0f", value) : String(format: "%g", value)
    }
}
