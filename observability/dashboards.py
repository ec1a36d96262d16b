"""The dashboards, in few words: what each panel asks and how it is drawn. `generate` writes them as Grafana's JSON.

Colours, units and sizes are set here once, so that the boards look alike. Every query is asked by a test against the
running services, and every metric and label of it is one of docs/metrics.md.
"""
WIDTH = 24
LIMITS = 'http_route!~".*/(events|stream|live)"'
REQUESTS = "http_server_request_duration_seconds"


def target(expression, legend="", index=0, instant=False):
    made = {"refId": chr(ord("A") + index), "expr": expression, "legendFormat": legend}
    if instant:
        made |= {"instant": True, "format": "table"}
    return made


def panel(title, *queries, unit="short", width=8, height=8, kind="timeseries", about="", stack=False, limits=None,
          minimum=0, maximum=None):
    """A panel of queries, each a pair of an expression and its legend."""
    defaults = {"unit": unit}
    if minimum is not None:
        defaults["min"] = minimum
    if maximum is not None:
        defaults["max"] = maximum
    if kind == "timeseries":
        defaults["custom"] = {"fillOpacity": 20 if stack else 8, "lineWidth": 1, "showPoints": "never"}
        if stack:
            defaults["custom"]["stacking"] = {"mode": "normal"}
    if limits:
        colours = ["green", "orange", "red"] if len(limits) == 2 else ["green", "red"]
        steps = [{"color": colours[0], "value": None}]
        steps += [{"color": colour, "value": value} for colour, value in zip(colours[1:], limits)]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        if kind == "timeseries":
            defaults["custom"]["thresholdsStyle"] = {"mode": "line"}
        else:
            defaults["color"] = {"mode": "thresholds"}
    made = {
        "title": title, "type": kind, "description": about,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"w": width, "h": height},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [target(e, legend, i, kind == "table") for i, (e, legend) in enumerate(queries)],
    }
    if kind == "timeseries":
        made["options"] = {"tooltip": {"mode": "multi", "sort": "desc"}, "legend": {"displayMode": "list"}}
    if kind == "stat":
        made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background", "graphMode": "area"}
    if kind == "table":
        made["transformations"] = [{"id": "merge", "options": {}}]
    return made


def row(title):
    return {"title": title, "type": "row", "collapsed": False, "gridPos": {"w": WIDTH, "h": 1}, "panels": []}


def board(uid, title, about, panels, variables=()):
    """Lays the panels out from left to right, row by row, and numbers them."""
    x = y = height = 0
    for number, one in enumerate(panels, 1):
        place = one["gridPos"]
        if x + place["w"] > WIDTH:
            x, y, height = 0, y + height, 0
        place |= {"x": x, "y": y}
        one["id"] = number
        x, height = x + place["w"], max(height, place["h"])
    source = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    return {
        "uid": uid, "title": title, "description": about, "tags": ["tollgate"], "timezone": "browser",
        "schemaVersion": 39, "version": 1, "editable": False, "graphTooltip": 1, "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": [source, *variables]},
        "links": [{"type": "dashboards", "tags": ["tollgate"], "title": "Tollgate", "asDropdown": False,
                   "keepTime": True}],
        "panels": panels,
    }


def variable(name, label, query):
    return {
        "name": name, "label": label, "type": "query", "query": query, "refresh": 2, "multi": True, "includeAll": True,
        "allValue": ".+", "current": {"text": "All", "value": "$__all"},
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
    }


def rate(metric, matchers="", by=""):
    by = f" by ({by}) " if by else ""
    matchers = f"{{{matchers}}}" if matchers else ""
    return f"sum{by}(rate({metric}{matchers}[$__rate_interval]))"


def quantile(q, metric, by="", matchers=""):
    labels = ", ".join(filter(None, ["le", by]))
    return f"histogram_quantile({q}, {rate(metric + '_bucket', matchers, labels)})"


JOB = 'job=~"$job"'
SERVED = f"{JOB}, {LIMITS}"

OVERVIEW = board(
    "tollgate-overview", "Tollgate / Overview",
    "Rate, errors and duration of each service, and how near each is to its limits.",
    [
        row("Now"),
        panel("Services that answer", ("sum(up{" + JOB + "})", "up"), kind="stat", width=4, height=4),
        panel("Requests per second", (rate(REQUESTS + "_count", 'job="gateway"'), "gateway"), unit="reqps",
              kind="stat", width=4, height=4),
        panel("Errors", ('job:http_errors:ratio_rate5m{job="gateway"}', "gateway"), unit="percentunit", kind="stat",
              width=4, height=4, limits=[0.001, 0.01]),
        panel("p99", ('job:http_request_duration_seconds:p99_5m{job="gateway"}', "gateway"), unit="s", kind="stat",
              width=4, height=4, limits=[0.1, 0.25]),
        panel("Ledger imbalance", ("max(abs(payments_ledger_imbalance_minor_units))", "minor units"), kind="stat",
              width=4, height=4, limits=[1]),
        panel("Oldest event not distributed", ("max(payments_outbox_lag_seconds)", "lag"), unit="s", kind="stat",
              width=4, height=4, limits=[5, 60]),
        row("Rate, errors, duration"),
        panel("Requests", (rate(REQUESTS + "_count", SERVED, "job"), "{{job}}"), unit="reqps"),
        panel("Answers of 5xx",
              ("1 - " + rate(REQUESTS + "_count", SERVED + ', http_response_status_code!~"5.."', "job") + " / "
               + rate(REQUESTS + "_count", SERVED, "job"), "{{job}}"), unit="percentunit", limits=[0.001]),
        panel("Duration", (quantile(0.5, REQUESTS, "job", SERVED), "{{job}} p50"),
              (quantile(0.99, REQUESTS, "job", SERVED), "{{job}} p99"), unit="s", limits=[0.25],
              about="Points are exemplars: the traces of requests that were sampled."),
        panel("Answers by status",
              (rate(REQUESTS + "_count", SERVED, "http_response_status_code"), "{{http_response_status_code}}"),
              unit="reqps", stack=True),
        panel("Requests in flight", ("sum by (job) (http_server_active_requests{" + JOB + "})", "{{job}}")),
        panel("Connections", ("sum by (job) (http_server_open_connections{" + JOB + "})", "{{job}}")),
        row("Saturation"),
        panel("CPU", (rate("process_cpu_seconds_total", JOB, "job"), "{{job}}"), unit="percentunit"),
        panel("Memory", ("sum by (job) (process_resident_memory_bytes{" + JOB + "})", "{{job}}"), unit="bytes"),
        panel("File descriptors in use",
              ("max by (job) (process_open_fds{" + JOB + "} / process_max_fds{" + JOB + "})", "{{job}}"),
              unit="percentunit", limits=[0.8]),
        panel("Event loops: how late timers fire, p99",
              (quantile(0.99, "tollgate_event_loop_lag_seconds", "job", JOB), "{{job}}"), unit="s", limits=[0.1]),
        panel("Waiting for the database", ("sum by (job, queue) (database_queue_length{" + JOB + "})",
                                           "{{job}} {{queue}}")),
        panel("Time in the database's queue, p99",
              (quantile(0.99, "database_queue_wait_seconds", "job, queue", JOB), "{{job}} {{queue}}"), unit="s"),
        panel("Writes that share a commit",
              (f"{rate('database_batch_size_sum', JOB, 'job')} / {rate('database_batch_size_count', JOB, 'job')}",
               "{{job}}")),
        panel("Commit, p99", (quantile(0.99, "database_commit_seconds", "job", JOB), "{{job}}"), unit="s"),
        panel("Size on disk", ("sum by (job, file) (database_file_bytes{" + JOB + "})", "{{job}} {{file}}"),
              unit="bytes"),
        panel("Disk free", ("min by (job) (tollgate_data_free_bytes{" + JOB + "} / tollgate_data_size_bytes{" + JOB
                            + "})", "{{job}}"), unit="percentunit", maximum=1),
        panel("Work that blocks", ("sum by (job) (tollgate_blocking_running{" + JOB + "})", "{{job}} running"),
              ("sum by (job) (tollgate_blocking_waiting{" + JOB + "})", "{{job}} waiting")),
        panel("Password hashes that wait", ("sum(tollgate_password_hashes_pending)", "pending"),
              (rate("tollgate_password_hashes_shed_total"), "shed per second")),
        panel("Active faults", ("sum by (job, kind) (tollgate_faults_active{" + JOB + "})", "{{job}} {{kind}}"),
              about="What the fault lab does on purpose; empty where FAULT_LAB is off."),
        row("What runs"),
        panel("Versions", ("sum by (job, version) (tollgate_build_info)", ""), kind="table", width=8, height=6),
        panel("Uptime", ("time() - min by (job) (process_start_time_seconds{" + JOB + "})", "{{job}}"), unit="s",
              kind="stat", width=8, height=6),
        panel("Age of keys", ("max by (job) (tollgate_identity_key_age_seconds{" + JOB + "})", "{{job}} identity"),
              ("max(tollgate_signing_key_age_seconds)", "access tokens"), unit="s", kind="stat", width=8, height=6),
    ],
    [variable("job", "Service", "label_values(tollgate_build_info, job)")])

GATEWAY = 'job="gateway"'
ROUTE = f'{GATEWAY}, {LIMITS}, http_route=~"$route"'
UPSTREAM = 'upstream=~"$upstream"'

GATEWAY_BOARD = board(
    "tollgate-gateway", "Tollgate / Gateway", "Routes, upstreams, limits and breakers.",
    [
        row("Routes"),
        panel("Requests by route", (rate(REQUESTS + "_count", ROUTE, "http_request_method, http_route"),
                                    "{{http_request_method}} {{http_route}}"), unit="reqps", width=12),
        panel("Duration by route, p99", (quantile(0.99, REQUESTS, "http_route", ROUTE), "{{http_route}}"), unit="s",
              width=12),
        panel("Answers of 4xx and 5xx by route",
              (rate(REQUESTS + "_count", ROUTE + ', http_response_status_code=~"[45].."',
                    "http_route, http_response_status_code"), "{{http_route}} {{http_response_status_code}}"),
              unit="reqps", width=12),
        panel("Streams, long polls and tunnels: open requests",
              ('sum(http_server_active_requests{job="gateway"})', "in flight"), width=12),
        row("Upstreams"),
        panel("Tries by outcome", (rate("gateway_upstream_requests_total", UPSTREAM, "upstream, result"),
                                   "{{upstream}} {{result}}"), unit="reqps"),
        panel("Time until the head of an answer",
              (quantile(0.5, "gateway_upstream_request_duration_seconds", "upstream", UPSTREAM), "{{upstream}} p50"),
              (quantile(0.99, "gateway_upstream_request_duration_seconds", "upstream", UPSTREAM), "{{upstream}} p99"),
              unit="s"),
        panel("Retries and redirections", (rate("gateway_upstream_retries_total", UPSTREAM, "upstream"),
                                           "{{upstream}} again"),
              (rate("gateway_upstream_redirected_total", UPSTREAM, "upstream"), "{{upstream}} elsewhere"), unit="reqps"),
        panel("Breaker", ('max by (upstream, state) (gateway_upstream_breaker_state{' + UPSTREAM + '}) > 0',
                          "{{upstream}} {{state}}"), about="1 for the state that each breaker is in.", maximum=1),
        panel("Addresses that are fit", ("sum by (upstream) (gateway_upstream_fit{" + UPSTREAM + "})", "{{upstream}}")),
        panel("In flight by address", ("sum by (upstream, address) (gateway_upstream_in_flight{" + UPSTREAM + "})",
                                       "{{upstream}} {{address}}")),
        panel("Connections", ('sum by (address, state) (http_client_connections{job="gateway"})',
                              "{{address}} {{state}}")),
        panel("Requests that wait for a connection or an address",
              ('sum by (address) (http_client_waiting{job="gateway"})', "{{address}}"),
              ("sum by (upstream) (gateway_upstream_waiting{" + UPSTREAM + "})", "{{upstream}}")),
        panel("Ejections and failed checks", (rate("gateway_upstream_ejections_total", UPSTREAM, "upstream, reason"),
                                              "{{upstream}} {{reason}}"),
              (rate("gateway_upstream_checks_total", UPSTREAM + ', result="failed"', "upstream"), "{{upstream}} check")),
        row("Limits"),
        panel("Decisions of rate limits", (rate("gateway_rate_limit_decisions_total", "", "limit, decision"),
                                           "{{limit}} {{decision}}"), unit="reqps"),
        panel("Buckets that are not whole", ("sum(gateway_rate_limit_buckets)", "buckets"),
              (rate("gateway_rate_limit_evictions_total"), "evicted per second")),
        panel("Refused connections and dropped lines",
              (rate("http_server_refused_connections_total", GATEWAY), "connections refused"),
              (rate("tollgate_log_dropped_lines_total", GATEWAY), "log lines dropped")),
        row("Who may"),
        panel("Access tokens", (rate("gateway_tokens_total", "", "result"), "{{result}}"), unit="reqps"),
        panel("API keys", (rate("gateway_api_keys_total", "", "result"), "{{result}}"), unit="reqps"),
        panel("Ended sessions, changed users, keys held", ("sum(gateway_ended_sessions_held)", "sessions"),
              ("sum(gateway_changed_users_held)", "users"), ("sum(gateway_api_keys_held)", "API keys")),
        panel("Age of the feed", ("max by (job) (gateway_feed_age_seconds)", "{{job}}"), unit="s", limits=[60]),
        panel("Age of the key set", ("time() - max by (issuer) (gateway_jwks_success_timestamp_seconds)", "{{issuer}}"),
              unit="s"),
        panel("Parts of aggregates", (rate("gateway_aggregate_parts_total", "", "aggregate, part, result"),
                                      "{{aggregate}} {{part}} {{result}}"), unit="reqps"),
    ],
    [variable("route", "Route", f'label_values({REQUESTS}_count{{job="gateway"}}, http_route)'),
     variable("upstream", "Upstream", "label_values(gateway_upstream_breaker_state, upstream)")])

PAYMENTS = board(
    "tollgate-payments", "Tollgate / Payments", "What happens with money, and with who has it.",
    [
        row("Now"),
        panel("Payments per minute", ("60 * " + rate("payments_total", 'status="succeeded"'), "succeeded"), kind="stat", width=6, height=4),
        panel("Refused payments", (rate("payments_total", 'status="refused"') + " / " + rate("payments_total"),
                                   "refused"), unit="percentunit", kind="stat", width=6,
              height=4, limits=[0.05, 0.2]),
        panel("Ledger imbalance, minor units", ("sum by (currency) (abs(payments_ledger_imbalance_minor_units))",
                                                "{{currency}}"), kind="stat", width=6, height=4, limits=[1]),
        panel("Books added up", ("time() - max(payments_ledger_checked_timestamp_seconds)", "ago"), unit="s",
              kind="stat", width=6, height=4, limits=[120, 600]),
        row("Money"),
        panel("Payments", (rate("payments_total", "", "status, currency"), "{{status}} {{currency}}"), unit="ops",
              stack=True),
        panel("Refunds", (rate("refunds_total", "", "currency"), "{{currency}}"), unit="ops"),
        panel("Deposits and withdrawals", (rate("deposits_total", "", "status, currency"),
                                           "in: {{status}} {{currency}}"),
              (rate("withdrawals_total", "", "status, currency"), "out: {{status}} {{currency}}"), unit="ops"),
        panel("Authorisations that ended", (rate("payment_authorizations_ended_total", "", "status, currency"),
                                            "{{status}} {{currency}}"), unit="ops"),
        panel("Batches", (rate("payment_batches_total", "", "mode, status"), "{{mode}} {{status}}"), unit="ops"),
        panel("Callbacks of the processor", (rate("processor_callbacks_total", "", "result"), "{{result}}"), unit="ops"),
        row("Retries"),
        panel("Requests with an Idempotency-Key", (rate("keyed_requests_total", "", "result"), "{{result}}"),
              unit="reqps", width=12, about="replayed answers are retries that cost nothing; reused and in_progress are "
              "conflicts."),
        panel("Time to pay", (quantile(0.5, REQUESTS, "", 'job="payments-service", http_route=~".*/payments"'), "p50"),
              (quantile(0.99, REQUESTS, "", 'job="payments-service", http_route=~".*/payments"'), "p99"), unit="s",
              width=12),
        row("Events and webhooks"),
        panel("Outbox: events that wait, and the oldest", ("sum(payments_outbox_length)", "events"),
              ("max(payments_outbox_lag_seconds)", "seconds"), limits=[60]),
        panel("Webhooks: attempts", (rate("payments_webhook_attempts_total", "", "result"), "{{result}}"), unit="ops"),
        panel("Webhooks that wait", ("sum(payments_webhook_pending)", "pending"), ("sum(payments_webhook_dead)", "dead"),
              ("max(payments_webhook_lag_seconds)", "seconds late")),
        panel("Open streams of events", ("sum(payments_event_streams)", "streams")),
        panel("Feed of user-service: age and lag", ("max(payments_feed_age_seconds)", "age"),
              ("max(payments_feed_lag_seconds)", "lag"), unit="s"),
        panel("Requests let pass for what has ended", (rate("payments_revoked_requests_total", "", "kind"),
                                                       "{{kind}}"), unit="reqps"),
        row("People"),
        panel("Logins", (rate("tollgate_logins_total", "", "result"), "{{result}}"), unit="ops", stack=True),
        panel("Sign-ups", (rate("tollgate_sign_ups_total", "", "result"), "{{result}}"), unit="ops", stack=True),
        panel("Attempts and requests that a limit refused",
              (rate("tollgate_password_attempts_refused_total", "", "limit"), "password: {{limit}}"),
              (rate("tollgate_credential_requests_refused_total", "", "limit"), "request: {{limit}}"), unit="ops"),
        panel("Mail", ("sum(tollgate_mails_pending)", "pending"), ("sum(tollgate_mails_dead)", "dead"),
              (rate("tollgate_mails_sent_total"), "sent per second"),
              (rate("tollgate_mail_failures_total"), "failures per second")),
    ])

SLO = board(
    "tollgate-slo", "Tollgate / Objectives",
    "99.9 % of requests without an answer of 5xx, 99 % within 250 ms, over 30 days; how fast what is allowed burns.",
    [
        row("What is left of 30 days"),
        panel("Availability", ("job:availability_budget_left:ratio_30d", "{{job}}"), unit="percentunit", kind="stat",
              width=12, height=5, minimum=None),
        panel("Latency", ("job:latency_budget_left:ratio_30d", "{{job}}"), unit="percentunit", kind="stat", width=12,
              height=5, minimum=None),
        row("Burn rate: 1 uses up exactly all within 30 days"),
        *[panel(f"{title}, {fast} and {slow}", (f"job:{rule}:ratio_rate{fast}{{{JOB}}} / {budget}", "{{job}} " + fast),
                (f"job:{rule}:ratio_rate{slow}{{{JOB}}} / {budget}", "{{job}} " + slow), width=12, limits=[limit],
                about=f"The alert looks at both windows: above {limit} in both, it fires.")
          for title, rule, budget in (("Availability", "http_errors", 0.001), ("Latency", "http_slow", 0.01))
          for fast, slow, limit in (("5m", "1h", 14.4), ("30m", "6h", 6), ("2h", "1d", 3), ("6h", "3d", 1))],
        row("What it is made of"),
        panel("Requests", (f"job:http_requests:rate5m{{{JOB}}}", "{{job}}"), unit="reqps"),
        panel("Routes that fail", (rate(REQUESTS + "_count", SERVED + ', http_response_status_code=~"5.."',
                                        "job, http_route") + " > 0 or on () vector(0)", "{{job}} {{http_route}}"),
              unit="reqps"),
        panel("Routes by p99", (f"topk(10, job_route:http_request_duration_seconds:p99_5m{{{JOB}}})",
                                "{{job}} {{http_route}}"), unit="s", limits=[0.25]),
    ],
    [variable("job", "Service", "label_values(tollgate_build_info, job)")])

ALL = {"overview": OVERVIEW, "gateway": GATEWAY_BOARD, "payments": PAYMENTS, "slo": SLO}
