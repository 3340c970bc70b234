"""Serves the workflow TwoSteps. Its steps are tasks of agents that garudust-temporal serves on its own task queue."""

import asyncio
import os
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.client import Client
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import Worker


async def run_agent(agent: str, text: str, step: str) -> str:
    """Gives an agent a task as a step of the workflow. The activity counts its attempts and retries by itself."""
    answer: dict[str, Any] = await workflow.execute_activity(
        "runAgent",
        {"agent": agent, "client": "default", "task": {"text": text}},
        result_type=dict[str, Any],
        task_queue="garudust",
        activity_id=step,
        summary=f"{step}: {text.splitlines()[0][:80]}",
        heartbeat_timeout=timedelta(seconds=30),
        schedule_to_close_timeout=timedelta(hours=1),
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    )
    return str(answer["output"])


@workflow.defn
class TwoSteps:
    """Writes a text and improves it. Returns the draft where the second step fails."""

    @workflow.run
    async def run(self, agent: str, topic: str) -> str:
        draft = await run_agent(agent, f"Write a haiku about {topic}.", "draft")
        try:
            return await run_agent(agent, f"Make it funnier:\n{draft}", "revision")
        except ActivityError as error:
            if not isinstance(error.cause, ApplicationError):
                raise  # a timeout or a cancel of Temporal's
            return f"{draft} (not revised: {error.cause.type})"  # such as TaskRefused, docs/problems.md


async def main() -> None:
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"))
    await Worker(client, task_queue="python", workflows=[TwoSteps]).run()


if __name__ == "__main__":
    asyncio.run(main())
