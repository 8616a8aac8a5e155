"""Several pieces of work that are sure to meet in one transaction."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

from shared.store.store import Store
from shared.store.transaction import Transaction


async def together(store: Store, *work: Callable[[Transaction], Any]) -> Sequence[Any]:
    """Have all of it done in one transaction; what each piece returned or raised.

    The writer is held up by a piece of its own until everything is waiting.
    """
    everybody_waits = threading.Event()
    first = asyncio.create_task(store.write(lambda _: everybody_waits.wait(10)))
    await asyncio.sleep(0)
    results = [asyncio.create_task(store.write(do)) for do in work]
    await asyncio.sleep(0)
    everybody_waits.set()
    await asyncio.gather(first, return_exceptions=True)
    return await asyncio.gather(*results, return_exceptions=True)
