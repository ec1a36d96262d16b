"""What seeing costs: CPU per request through the gateway with access log and traces off, and with more and more of them."""
from . import contenders
from .http_cases import run_rounds
from .process import free_port
from .report import Table


def run(bench, rounds, seconds):
    """Everything else is on in every row: tokens, rate limits and metrics."""
    backend, port = contenders.nginx(bench, "nginx-fixed.conf", cores=bench.load_core)
    token = bench.key.access_token()
    dead, alive = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{port}"

    def gateway(access_log="on", **settings):
        return lambda: contenders.gateway(bench, "gateway-full.yaml.in", port, access_log, environment=settings)

    def share(ratio, endpoint, **more):
        return gateway(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_TRACES_SAMPLER="parentbased_traceidratio",
                       OTEL_TRACES_SAMPLER_ARG=ratio, **more)

    table = Table("Access log and traces, with ES256 JWT, rate limit per client and metrics in every row", "off")
    try:
        return run_rounds(bench, table, {
            "off": gateway("off", OTEL_SDK_DISABLED="true"),
            "access log, no traces": gateway(OTEL_SDK_DISABLED="true"),
            "both, traces in memory only": gateway(),
            "both, 1 %, collector dead": share("0.01", dead),
            "both, 100 %, collector dead": share("1", dead),
            "both, 1 %, collector answers": share("0.01", alive),
            # What does not fit the queue is dropped; this one is long enough for all of it.
            "both, 100 %, collector answers": share("1", alive, OTEL_BSP_MAX_QUEUE_SIZE="1000000"),
        }, rounds, seconds, token=token)
    finally:
        backend.stop()
