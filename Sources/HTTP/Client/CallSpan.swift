import HTTPTypes
import Sockets
public import Spans

/// The CLIENT span of a request, with the attributes of OpenTelemetry's conventions for HTTP clients.
public enum CallSpan {
    /// Begins the span of `request` below another one, whose ids then go along.
    public static func begin(_ request: inout ClientRequest, below parent: ActiveSpan, resent count: Int = 0) {
        let span = parent.begin(.call)
        request.span = span
        if count > 0 { span.record.set(.resendCount, count, of: span.index) }
    }

    /// Notes what was called, and how it went. The span ends with the head of the answer.
    public static func end(_ request: ClientRequest, answeredBy response: ClientResponse) {
        guard let span = request.span else { return }
        let status = response.head.statusCode
        let now = SpanClock.now
        span.record.edit { contents in
            describe(request, span.index, in: &contents)
            contents.set(.status, .integer(Int64(status)), of: span.index)
            // Of a client's span, the statuses of the client's own mistakes are errors too.
            if status >= 400 { contents.fail(span.index, String(status)) }
            contents.end(span.index, at: now)
        }
    }

    /// Notes what was called, and why there was no answer.
    public static func end(_ request: ClientRequest, failedBy error: HTTPClientError) {
        guard let span = request.span else { return }
        let now = SpanClock.now
        span.record.edit { contents in
            describe(request, span.index, in: &contents)
            contents.fail(span.index, error.latest.code)
            contents.end(span.index, at: now)
        }
    }

    private static func describe(_ request: ClientRequest, _ span: Int, in contents: inout TraceRecord.Contents) {
        contents.set(.method, .text(request.method.rawValue), of: span)
        contents.set(.serverAddress, .bounded(request.endpoint.host), of: span)
        contents.set(.serverPort, .integer(Int64(request.endpoint.port)), of: span)
    }

    /// Sends a request that nobody has begun a span for.
    nonisolated(nonsending) static func execute(
        _ request: ClientRequest, to address: SocketAddress?, below parent: ActiveSpan, by client: HTTPClient
    ) async throws(HTTPClientError) -> ClientResponse {
        var request = request
        begin(&request, below: parent)
        do throws(HTTPClientError) {
            let response = try await client.execute(request, to: address)
            end(request, answeredBy: response)
            return response
        } catch {
            end(request, failedBy: error)
            throw error
        }
    }
}
