import Chassis
import Foundation
import Testing

@testable import TollgateTool

@Suite struct MetricsPageTests {
    /// The page of the documentation is what the modules declare. `UPDATE_EMBEDDED=1` writes it anew.
    @Test func theDocumentedMetricsAreTheDeclaredOnes() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/metrics.md")
        if ProcessInfo.processInfo.environment["UPDATE_EMBEDDED"] == "1" {
            try MetricsPage.text.write(to: page, atomically: true, encoding: .utf8)
        }
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text == MetricsPage.text, "run: UPDATE_EMBEDDED=1 swift test --filter MetricsPageTests")
    }

    @Test(arguments: MetricsPage.all)
    func namesFollowPrometheus(metric: Metric) {
        #expect(metric.name.wholeMatch(of: #/[a-z][a-z0-9_]*/#) != nil)
        #expect((metric.kind.word == "counter") == metric.name.hasSuffix("_total"))
        #expect(metric.help.hasSuffix("."))
        for label in metric.labels { #expect(label.name.wholeMatch(of: #/[a-z][a-z0-9_]*/#) != nil) }
    }

    @Test func aNameIsDeclaredOnce() {
        // Both the gateway and user-service drop refusals that are too many, each under a name of its own.
        let names = MetricsPage.all.map(\.name)
        #expect(names.count == Set(names).count)
        #expect(names.count > 90)
    }
}
