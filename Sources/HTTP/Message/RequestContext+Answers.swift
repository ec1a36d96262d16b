extension RequestContext {
    /// The answer to what a handler threw. Why goes into ``reason``, unless somebody has said so already.
    /// - Parameter bodyFailure: why the body of the request could not be read, where that was it.
    func response(to error: any Error, bodyFailure: String?) -> Response {
        let problem = Problem(answering: error)
        if reason == nil { reason = bodyFailure ?? Self.reason(of: problem, for: error) }
        return problem.response(instance: id, traceID: traceparent.traceIDText)
    }

    /// What the log says about a problem that nobody has explained: a stable word, and for a fault of our own the error.
    private static func reason(of problem: Problem, for error: any Error) -> String {
        problem == .internalError ? "internal_error \(error)" : problem.code
    }
}
