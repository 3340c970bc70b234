"""Uses the generated Python client as the page of clients shows it, and prints what it was told."""

import json
import sys
import time

from client import ask, create_client
from garudust_temporal_client.api.runs import cancel_run, follow_run, get_run, list_runs
from garudust_temporal_client.api.tasks import create_run, send_task
from garudust_temporal_client.models import ListRunsStatus, Problem, Run, RunList, Task

client = create_client(*sys.argv[1:])
asked = ask(client, "hello", "use-client-1")

trusted = create_run.sync(client=client, body=Task(text="hello"), prefer="wait=30")
assert isinstance(trusted, Run), trusted

listed: list[str] = []
for _ in range(100):  # A list lags by some tenths of a second.
    page = list_runs.sync(client=client, limit=5, status=ListRunsStatus.COMPLETED)
    assert isinstance(page, RunList), page
    listed = [run.status.value for run in page.runs if run.id == asked.id]
    if listed:
        break
    time.sleep(0.6)

slow = send_task.sync(client=client, body=Task(text="demo: sleep 60s"))
assert isinstance(slow, Run), slow
cancel_run.sync(slow.id, client=client)
canceled = get_run.sync(slow.id, client=client, wait=60)
assert isinstance(canceled, Run), canceled
events = follow_run.sync(slow.id, client=client)
refused = get_run.sync("run-" + "a" * 26, client=client)
assert isinstance(refused, Problem), refused

print(
    json.dumps(
        {
            "asked": asked.to_dict(),
            "trusted": trusted.status.value,
            "listed": listed,
            "canceled": canceled.status.value,
            "events": events,
            "refused": refused.code,
        }
    )
)
