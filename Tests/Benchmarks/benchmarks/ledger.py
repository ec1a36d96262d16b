"""payments-service alone: what its group commit, its batches, its reads and the size of its ledger do, beside SQLite itself."""
import json
import os
import shutil
import statistics
import subprocess

from . import contenders, rate, wrk
from .contenders import BIN
from .ledger_rows import fill
from .payments_service import BATCH, CLIENTS, PaymentsService, ledger_loop


def figures(title, rows, note):
    return "\n".join([f"### {title}", "", "| | measured | |", "|---|---:|---|", *rows, "", note, ""])


def in_turn(count):
    return f"{count} rounds in turn, medians; ratios taken inside each round."


def median_ratio(rounds, over, under):
    return statistics.median(over(r) / under(r) for r in rounds)


def group_commit(bench, rounds, seconds):
    """The same program with and without other requests in a commit, on a folder of its own each."""
    services, results = {}, []
    try:
        for name, limit in (("grouped", "256"), ("alone", "1")):
            services[name] = PaymentsService(bench, f"commit-{name}", GROUP_COMMIT_LIMIT=limit)
        accounts = {name: service.open_accounts() for name, service in services.items()}
        for index in range(rounds):
            results.append({name: services[name].pay(accounts[name], seconds, index + 1)
                            for name in (list(services) if index % 2 else reversed(list(services)))})
    finally:
        for service in services.values():
            service.stop()
    middle = statistics.median
    rows = [f"| {title} | {middle(r[name].rate for r in results):,.0f} /s | p50 "
            f"{middle(r[name].p50_ms for r in results):.1f} ms, p99 {middle(r[name].p99_ms for r in results):.1f} ms |"
            for title, name in (("one commit for each payment", "alone"), ("group commit", "grouped"))]
    ratio = median_ratio(results, lambda r: r["grouped"].rate, lambda r: r["alone"].rate)
    rows.append(f"| ratio (≥ 3) | **{ratio:.2f} ×** | |")
    return figures(f"Payments at payments-service, {CLIENTS} clients, by how many share a commit", rows, in_turn(rounds))


def batches(bench, rounds, seconds):
    """Batches of a thousand over HTTP, and as many transfers in a commit by a C loop."""
    service, results = PaymentsService(bench, "batches"), []
    try:
        accounts = service.open_accounts()
        for index in range(rounds):
            load = service.load("transfers.lua", accounts, seconds, index + 1, clients=4, ITEMS=str(BATCH))
            loops = [ledger_loop(bench, mode, seconds, BATCH) for mode in ("transfers", "lean")]
            results.append((load.rate * BATCH, *(loop["transfers"] / loop["seconds"] for loop in loops), load))
    finally:
        service.stop()
    middle = statistics.median
    rows = [f"| C loop, seven statements for each transfer | {middle(r[1] for r in results):,.0f} /s | |",
            f"| the same as fast as it can be made | {middle(r[2] for r in results):,.0f} /s | |",
            f"| `POST /v1/transfers` | {middle(r[0] for r in results):,.0f} /s | p50 "
            f"{middle(r[3].p50_ms for r in results):.0f} ms for each batch, 4 clients |",
            f"| ratio to the loop (≥ 0.5, aim above 1) | **{median_ratio(results, lambda r: r[0], lambda r: r[1]):.2f} ×** | "
            f"{median_ratio(results, lambda r: r[0], lambda r: r[2]):.2f} × the fast one |"]
    return figures(f"Transfers per second, {BATCH:,} in a commit, beside a C loop over libsqlite3", rows, in_turn(rounds))


def commit_latency(bench, rounds, seconds):
    """At half of what it can do, how long a payment takes; and the disk's own commit, in the same round."""
    service, results = PaymentsService(bench, "latency"), []
    try:
        accounts = service.open_accounts()
        body = json.dumps({"source": accounts[0], "destination": {"account": accounts[1]}, "amount": 1, "currency": "USD"})
        for index in range(rounds):
            disk = ledger_loop(bench, "commits", seconds)
            most = service.pay(accounts, seconds, index + 1).rate
            paid = rate.run(service.port, int(most / 2), seconds, None, connections=CLIENTS, method="POST",
                            path="/v1/payments", body=body, key=f"half-{index}",
                            fields=(f"Tollgate-Identity: {service.identity()}",))
            if paid["failed"] or paid["ok"] != paid["sent"]:
                raise RuntimeError(f'{paid["sent"] - paid["ok"]} of {paid["sent"]} payments failed')
            results.append({"disk": disk, "paid": paid, "rate": most / 2})
    finally:
        service.stop()
    middle = statistics.median
    rows = [f"| COMMIT of one row, by itself | p50 {middle(r['disk']['p50_us'] for r in results):,.0f} µs | p99 "
            f"{middle(r['disk']['p99_us'] for r in results):,.0f} µs |",
            f"| a payment, at {middle(r['rate'] for r in results):,.0f} /s | p50 "
            f"{middle(r['paid']['p50_us'] for r in results):,.0f} µs | p99 "
            f"{middle(r['paid']['p99_us'] for r in results):,.0f} µs |",
            "| ratio of p99 (≤ 3) | **"
            f"{median_ratio(results, lambda r: r['paid']['p99_us'], lambda r: r['disk']['p99_us']):.2f} ×** | |"]
    return figures("Latency of a payment at half load, beside the disk's own commit", rows, in_turn(rounds))


def cpu_per_request(process, url, seconds, core, **environment):
    wrk.run(url, 1, 16, core, "plain.lua", environment)
    before = process.cpu_seconds()
    load = wrk.run(url, seconds, 16, core, "plain.lua", environment)
    if load.failed:
        raise RuntimeError(f"{load.failed} of {load.requests} to {url} failed")
    return (process.cpu_seconds() - before) * 1e6 / load.requests


def account_read(bench, rounds, seconds):
    """CPU of reading an account and of the fixed answer, on one core, in turn."""
    service, results = PaymentsService(bench, "reads", bench.server_core, EVENT_LOOPS="1"), []
    try:
        account = service.open_accounts(1)[0]
        for _ in range(rounds):
            process, port = contenders.fixed_server(bench)
            try:
                fixed = cpu_per_request(process, f"http://127.0.0.1:{port}/", seconds, bench.load_core)
            finally:
                process.stop()
            read = cpu_per_request(service.process, f"{service.url}/v1/accounts/{account}", seconds, bench.load_core,
                                   HEADER="Tollgate-Identity", VALUE=service.identity())
            results.append((read, fixed))
    finally:
        service.stop()
    middle = statistics.median
    rows = [f"| fixed JSON answer | {middle(f for _, f in results):.1f} µs | |",
            f"| `GET /v1/accounts/{{id}}` | {middle(r for r, _ in results):.1f} µs | |",
            f"| ratio (≤ 1.5) | **{median_ratio(results, lambda r: r[0], lambda r: r[1]):.2f} ×** | |"]
    return figures("CPU of reading an account at payments-service, one core", rows, in_turn(rounds))


def ledger_size(bench, rounds, seconds, sizes):
    """What a payment costs with so many entries in the ledger: the same accounts, databases filled beforehand."""
    first = PaymentsService(bench, "size")
    try:
        accounts = first.open_accounts()
    finally:
        first.stop()
    folders = {}
    for size in sizes:
        folders[size] = f"size-{size}"
        shutil.copytree(first.folder, os.path.join(bench.work, folders[size]))
        fill(os.path.join(bench.work, folders[size], "payments-service.sqlite"), accounts, size)
    results = []
    for index in range(rounds):
        # The first is measured first and last in turn: whatever the machine does meanwhile, it does to all.
        order = sizes if index % 2 == 0 else list(reversed(sizes))
        results.append({size: cost(bench, folders[size], accounts, seconds, index + 1) for size in order})
    rows = [size_row(results, size, sizes[0]) for size in sizes]
    for name in folders.values():
        verify(os.path.join(bench.work, name, "payments-service.sqlite"), name, rows, sizes)
        shutil.rmtree(os.path.join(bench.work, name))
    return "\n".join([
        "### Cost of a payment by the size of the ledger", "",
        f"| entries | payments/s | CPU µs/payment | × with {sizes[0]:,} (≤ 1.3) | p50 ms | p99 ms |",
        "|---:|---:|---:|---:|---:|---:|", *rows, "", in_turn(rounds), ""])


def cost(bench, folder, accounts, seconds, run):
    service = PaymentsService(bench, folder)
    try:
        # What a service that has run for a while has in memory.
        service.pay(accounts, 2, f"{run}000")
        before = service.process.cpu_seconds()
        load = service.pay(accounts, seconds, run)
        return load, (service.process.cpu_seconds() - before) * 1e6 / load.requests
    finally:
        service.stop()


def size_row(results, size, base):
    middle = statistics.median
    loads = [r[size][0] for r in results]
    ratio = median_ratio(results, lambda r: r[size][1], lambda r: r[base][1])
    return (f"| {size:,} | {middle(x.rate for x in loads):,.0f} | {middle(r[size][1] for r in results):.0f} | "
            f"**{ratio:.2f}** | {middle(x.p50_ms for x in loads):.1f} | {middle(x.p99_ms for x in loads):.1f} |")


def verify(database, name, rows, sizes):
    """The smallest one is verified whole: rows that no service could have written would measure nothing."""
    if name != f"size-{sizes[0]}":
        return
    done = subprocess.run([os.path.join(BIN, "tollgate"), "verify", "--data", os.path.dirname(database)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"the ledger of the benchmark is not right:\n{done.stdout[-2000:]}{done.stderr[-500:]}")
