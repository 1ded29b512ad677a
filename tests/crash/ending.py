"""The end of the programs of the load."""

import asyncio


async def end_tasks(tasks, expected=()):
    """Cancels, more than once if need be: `asyncio.wait_for` ignores a
    cancellation that comes together with its result."""
    pending = tasks
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        # A defect of the load must not pass for a good round.
        if isinstance(result, Exception) and not isinstance(
                result, (asyncio.CancelledError, *expected)):
            raise result
