"""What tracing costs: CPU per request through the gateway, off and with more and more of it."""
from . import contenders
from .http_cases import run_rounds
from .process import free_port
from .report import Table


def run(bench, rounds, seconds):
    """Everything else is on in every row: tokens, rate limits, access log and metrics."""
    backend, port = contenders.nginx(bench, "nginx-fixed.conf", cores=bench.load_core)
    token = bench.key.access_token()
    dead, alive = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{port}"

    def gateway(**settings):
        return lambda: contenders.gateway(bench, "gateway-full.yaml.in", port, "on", environment=settings)

    def share(ratio, endpoint, **more):
        return gateway(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_TRACES_SAMPLER="parentbased_traceidratio",
                       OTEL_TRACES_SAMPLER_ARG=ratio, **more)

    table = Table("Tracing, with ES256 JWT, rate limit per client, access log and metrics in every row", "off")
    try:
        return run_rounds(bench, table, {
            "off": gateway(OTEL_SDK_DISABLED="true"),
            "in memory only": gateway(),
            "1 %, collector dead": share("0.01", dead),
            "100 %, collector dead": share("1", dead),
            "1 %, collector answers": share("0.01", alive),
            # What does not fit the queue is dropped; this one is long enough for all of it.
            "100 %, collector answers": share("1", alive, OTEL_BSP_MAX_QUEUE_SIZE="1000000"),
        }, rounds, seconds, token=token)
    finally:
        backend.stop()
