/// Finds the name that was probably meant.
enum DidYouMean {
    /// `; did you mean "x"?` for the nearest candidate at most a third of the name away, else an empty string.
    static func hint(for name: String, among candidates: some Sequence<String>) -> String {
        let allowed = max(1, name.count / 3)
        let nearest = candidates.map { ($0, distance(name, $0)) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        guard let nearest, nearest.1 <= allowed else { return "" }
        return "; did you mean \"\(nearest.0)\"?"
    }

    /// Edits (insert, delete, replace, swap of neighbours) that turn one text into the other.
    static func distance(_ from: String, _ to: String) -> Int {
        let a = Array(from.unicodeScalars)
        let b = Array(to.unicodeScalars)
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                let replaced = rows[i][j] + (a[i] == b[j] ? 0 : 1)
                var best = min(replaced, rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
