import Testing

@testable import TollgateTool

@Suite struct TopTests {
    // MARK: - Reading

    @Test func readsAnExposition() {
        let samples = Samples(
            #"""
            # HELP a_total A.
            # TYPE a_total counter
            a_total{x="1",y="say \"hi\"\\\n"} 3
            a_total{x="2"} 4.5 1700000000000
            plain 1e+20
            edge{le="+Inf"} +Inf
            nothing NaN
            no value here
            broken{x="1
            """#)
        #expect(samples["a_total"].map(\.value) == [3, 4.5])
        #expect(samples["a_total"][0].labels == ["x": "1", "y": "say \"hi\"\\\n"])
        #expect(samples.value("a_total") == 7.5)
        #expect(samples.value("plain") == 1e20)
        #expect(samples.value("edge") == .infinity)
        #expect(samples.value("nothing")?.isNaN == true)
        #expect(samples.value("missing") == nil)
        #expect(samples["broken"].isEmpty)
    }

    // MARK: - Quantiles

    private func counts(_ pairs: [(Double, Double)]) -> BucketCounts {
        var counts = BucketCounts()
        for (bound, count) in pairs { counts.add(count, atMost: bound) }
        return counts
    }

    @Test func guessesQuantilesAsPrometheusDoes() throws {
        let half = counts([(1, 10), (2, 20), (.infinity, 20)])
        #expect(half.quantile(0.5) == 1)
        #expect(half.quantile(0.75) == 1.5)
        #expect(half.quantile(1) == 2)
        // What lies beyond the highest bound is told as that bound.
        #expect(counts([(1, 1), (.infinity, 100)]).quantile(0.99) == 1)
        #expect(counts([(1, 0), (.infinity, 0)]).quantile(0.5) == nil)
        #expect(BucketCounts().quantile(0.5) == nil)
    }

    @Test func aRestartCountsFromZero() {
        let before = counts([(1, 10), (.infinity, 12)])
        #expect(counts([(1, 11), (.infinity, 14)]).since(before) == counts([(1, 1), (.infinity, 2)]))
        let after = counts([(1, 3), (.infinity, 3)])
        #expect(after.since(before) == after)
    }

    // MARK: - The model

    /// A service with `good` answers of 1 ms, `failed` answers of 503 in 100 ms, and a stream that takes long.
    private func scrape(good: Int, failed: Int, breaker: String = "closed", cpu: Double = 1) -> ServiceScrape {
        let name = "http_server_request_duration_seconds"
        func route(_ path: String, _ status: Int, _ count: Int, atMost bound: String) -> String {
            let labels =
                "http_request_method=\"GET\",http_response_status_code=\"\(status)\",http_route=\"\(path)\""
            let fits = bound == "0.001" ? count : 0
            return """
                \(name)_bucket{\(labels),le="0.001"} \(fits)
                \(name)_bucket{\(labels),le="0.1"} \(count)
                \(name)_bucket{\(labels),le="+Inf"} \(count)
                \(name)_count{\(labels)} \(count)

                """
        }
        return ServiceScrape(
            Samples(
                route("/api/v1/payments/{id}", 200, good, atMost: "0.001")
                    + route("/api/v1/payments/{id}", 503, failed, atMost: "0.1")
                    + route("/api/v1/events/stream", 200, good, atMost: "0.1")
                        + """
                        tollgate_build_info{service="gateway",version="1.2.3"} 1
                        process_start_time_seconds 1000
                        process_cpu_seconds_total \(cpu)
                        process_resident_memory_bytes 31457280
                        http_server_active_requests 7
                        gateway_upstream_breaker_state{upstream="payments-service",state="\(breaker)"} 1
                        gateway_upstream_breaker_state{upstream="payments-service",state="half_open"} 0
                        gateway_upstream_fit{upstream="payments-service",address="127.0.0.1:1"} 1
                        gateway_upstream_fit{upstream="payments-service",address="127.0.0.1:2"} 0
                        """))
    }

    @Test func ratesAreThoseBetweenTwoLooks() throws {
        var model = TopModel(addresses: ["http://a"])
        model.took(scrape(good: 1_000, failed: 0), from: 0, at: 1_100)
        // All since the start, 100 seconds ago.
        #expect(try #require(model.services[0].rows.first).rate == 10)
        model.took(scrape(good: 1_090, failed: 10, cpu: 2), from: 0, at: 1_102)
        let whole = try #require(model.services[0].rows.first)
        #expect(whole.rate == 50)
        #expect(whole.errors == 0.1)
        #expect(try #require(whole.p50) < 0.001)
        #expect(try #require(whole.p99) > 0.001)
        #expect(model.services[0].cpu == 0.5)
        #expect(
            model.services[0].rows.dropFirst().map(\.label) == [
                "GET /api/v1/payments/{id}", "GET /api/v1/events/stream",
            ])
        #expect(
            model.troubles == [
                .init(time: 1_102, service: "gateway", what: "GET /api/v1/payments/{id}", status: "503", count: 10)
            ])
    }

    @Test func aServiceThatIsGoneIsSaidToBe() {
        var model = TopModel(addresses: ["http://a"])
        model.took(scrape(good: 1, failed: 0), from: 0, at: 1_100)
        model.missed(0, "connection refused")
        let text = TopView(columns: 100, rows: 24, hasColours: false).lines(model, at: 0).joined(separator: "\n")
        #expect(text.contains("http://a does not answer: connection refused"))
        #expect(text.contains("0 of 1 services answer"))
    }

    // MARK: - The picture

    private var model: TopModel {
        var model = TopModel(addresses: ["http://a"])
        model.took(scrape(good: 1_000, failed: 0), from: 0, at: 1_100)
        model.took(scrape(good: 1_090, failed: 10, breaker: "open"), from: 0, at: 1_102)
        return model
    }

    @Test(arguments: [(80, 24), (200, 60), (20, 10), (1, 1), (120, 8)])
    func everyFrameFitsItsTerminal(columns: Int, rows: Int) {
        let lines = TopView(columns: columns, rows: rows, hasColours: false).lines(model, at: 1_102)
        #expect(lines.count <= rows)
        #expect(lines.allSatisfy { $0.count <= columns })
    }

    @Test func theTableSaysWhatMatters() {
        let lines = TopView(columns: 160, rows: nil, hasColours: false).lines(model, at: 1_102)
        let text = lines.joined(separator: "\n")
        #expect(text.contains("1 of 1 services answer"))
        #expect(text.contains(#/gateway +102s +50.0 +10 % .*30 MiB +7/#))
        #expect(text.contains(#/payments-service +open +1 of 2/#))
        #expect(text.contains(#/GET /api/v1/payments/\{id\} +50\.0 +10 %/#))
        #expect(text.contains(#/LAST ERRORS\n.* gateway +503  GET /api/v1/payments/\{id\}  × 10/#))
        #expect(!text.contains("\u{1B}"))
        let coloured = TopView(columns: 160, rows: 40, hasColours: true).lines(model, at: 1_102)
        #expect(coloured.contains { $0.hasPrefix("\u{1B}[31m") })
    }

    @Test func drawsSparklines() {
        #expect(TopView.sparkline([0, nil, 0.5, 1]) == "▁ ▅█")
        #expect(TopView.sparkline([nil, nil]) == "  ")
        #expect(TopView.sparkline([]) == "")
    }
}
