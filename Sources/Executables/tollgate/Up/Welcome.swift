/// What `up` prints when everything is ready: where things are and the first lines to type.
enum Welcome {
    /// - Parameter isOneProcess: Whether only the first of the plans listens at its port.
    static func text(port: Int, plans: [ServicePlan], isOneProcess: Bool = false) -> String {
        let url = "http://127.0.0.1:\(port)"
        let rows = plans.map { plan in
            let name = plan.name.padding(toLength: 18)
            let isInside = isOneProcess && plan.port != port
            let place = isInside ? "in the same process" : "http://127.0.0.1:\(plan.port)"
            return "  \(name)\(place.padding(toLength: 24))admin \(plan.adminURL)"
        }
        return """

            Tollgate is ready.

            \(rows.joined(separator: "\n"))

            In a browser:  \(url)/

            Try it:

              curl -s \(url)/api/v1/users -H 'Content-Type: application/json' \\
                -d '{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}'

              curl -s \(url)/api/v1/sessions -H 'Content-Type: application/json' \\
                -d '{"email":"ada@example.com","password":"correct horse battery"}'

            The whole path, step by step:  tollgate demo --url \(url)
            Ctrl-C stops everything.

            """
    }
}

extension String {
    fileprivate func padding(toLength length: Int) -> String {
        self + String(repeating: " ", count: max(0, length - count))
    }
}
