import JSON

/// `/upstreams`: each upstream and what is known about it.
struct UpstreamReport {
    let gateway: Gateway

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("upstreams", objects: gateway.upstreams) { upstream, json in
            json.member("name", upstream.configuration.name)
            json.member("waiting", upstream.hall.count)
        }
        json.endObject()
    }
}
