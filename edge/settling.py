"""A start that is over: memory that stays is taken out of the collector's way."""

import asyncio
import gc
from typing import Final

STARTED_S: Final = 10.0
"""By then everything that is started once has been."""
COLLECT_AFTER: Final = (5_000, 20, 20)
"""A press of 200 doors makes some 5,000 objects, nearly all of which go by themselves (gc.set_threshold)."""


async def settle_memory() -> None:
    """Keep the collector off what stays for good: walking all of it takes 50 ms, and may fall into a press.

    Twice: the parts that start behind the arming, such as the page, stay as well.
    """
    gc.set_threshold(*COLLECT_AFTER)
    gc.freeze()
    await asyncio.sleep(STARTED_S)
    gc.freeze()
