# What stands in front of three gateways in docker/compose.gateways.yaml: HAProxy of Debian, as nobody, without a network
# of its own to configure. In a cluster a Service takes its place.
FROM debian:bookworm-slim
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends haproxy >/dev/null \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
COPY docker/front.cfg /etc/haproxy/haproxy.cfg
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGUSR1
LABEL org.opencontainers.image.title="Tollgate's front for several gateways" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/usr/sbin/haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
