"""Runs the workflow and prints its result: python start.py demo queues"""

import asyncio
import os
import sys
import uuid

from temporalio.client import Client

from worker import TwoSteps


async def main(agent: str = "demo", topic: str = "queues") -> None:
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"))
    result = await client.execute_workflow(
        TwoSteps.run, args=[agent, topic], id=f"two-steps-{uuid.uuid4()}", task_queue="python"
    )
    print(result)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
