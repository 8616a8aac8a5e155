"""Waiting for an event or a while, in a way that can always be cancelled."""

import asyncio


async def woken(event: asyncio.Event, within: float) -> bool:
    """Whether the event was set within so many seconds.

    Before Python 3.12 ``wait_for`` may swallow a cancellation that comes together with the event.
    """
    waiter = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiter}, timeout=within)
    finally:
        waiter.cancel()
    return event.is_set()
