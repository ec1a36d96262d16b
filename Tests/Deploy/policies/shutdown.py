"""A pod has the time that its end takes."""
from .objects import SERVICES, name, pod, settings, workloads


def grace(objects):
    """The grace is longer than preStop and drain together; a gateway waits for its endpoints to leave."""
    for o in workloads(objects):
        for c in pod(o)["containers"]:
            if c["name"] not in SERVICES:
                continue
            environment = settings(objects, o, c)
            pause = c.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            drain = int(environment["DRAIN_DELAY_SECONDS"]) + int(environment["SHUTDOWN_GRACE_SECONDS"])
            if pause < (5 if c["name"] == "gateway" else 1):
                yield f"{name(o)}: preStop is too short"
            if pod(o).get("terminationGracePeriodSeconds", 30) <= pause + drain:
                yield f"{name(o)}: terminationGracePeriodSeconds is not above preStop and drain, {pause + drain} s"
