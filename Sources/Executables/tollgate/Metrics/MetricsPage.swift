import Chassis
import Gateway
import PaymentsService
import ServiceStorage
import UserService

/// docs/metrics.md, written from what the modules declare.
enum MetricsPage {
    private struct Section {
        let title: String
        let note: String
        let metrics: [Metric]
    }

    private static var sections: [Section] {
        [
            Section(title: "Every service", note: "", metrics: ChassisMetricSet.all),
            Section(
                title: "Services with a database", note: "user-service and payments-service.",
                metrics: DatabaseMetricSet.all),
            Section(title: "user-service", note: "", metrics: UserServiceMetricSet.all),
            Section(title: "payments-service", note: "", metrics: PaymentsMetricSet.all),
            Section(title: "gateway", note: "", metrics: GatewayMetricSet.all),
        ]
    }

    /// Every metric of every module.
    static var all: [Metric] { sections.flatMap(\.metrics) }

    static var text: String {
        sections.reduce(into: introduction) { text, section in
            text += "\n## \(section.title)\n\n"
            if !section.note.isEmpty { text += "\(section.note)\n\n" }
            text += "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n"
            for metric in section.metrics { text += row(metric) }
        }
    }

    private static func row(_ metric: Metric) -> String {
        let labels = metric.labels.map { label in
            let values = label.values.map { "`\($0)`" }.joined(separator: ", ")
            return values.isEmpty ? "`\(label.name)`" : "`\(label.name)`: \(values)"
        }
        let cells = [
            "`\(metric.name)`", metric.kind.word, metric.unit ?? "", labels.joined(separator: "; "), metric.help,
        ]
        return "| \(cells.joined(separator: " | ")) |\n"
    }

    private static let introduction = """
        # Metrics

        <!-- Written by `UPDATE_EMBEDDED=1 swift test --filter MetricsPageTests` from what the modules declare: each `…MetricSet.swift`. -->

        Every service answers `GET /metrics` on its admin port (9080, 9081, 9082 under `make run`) in the Prometheus text format, or in OpenMetrics
        when `Accept` asks for it. Seconds and bytes are base units; a histogram has `_bucket`, `_sum` and `_count`. Buckets of requests whose trace
        is recorded name it as an exemplar (`# {trace_id="…"}`, OpenMetrics only).

        Label sets are bounded: values are listed here, come from the configuration (routes, upstreams, limits), or from a table of ours
        (currencies, status codes). A metric with more than 1,000 of them counts further ones under `other`. Most metrics of the gateway appear with
        the first event that they count.

        [observability](../observability/README.md) has the rules, alerts and dashboards over them; tests hold those, this page, the code and what the
        running services answer together. To look without any of it, use [`tollgate top`](observability/load.md#watching-it).

        """
}
