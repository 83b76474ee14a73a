"""A process of ours that is ended is waited for, whatever becomes of who ends it."""

import asyncio

import pytest

from drivers.child import killed


async def test_one_who_is_cancelled_while_a_process_ends_still_waits_for_it() -> None:
    process = await asyncio.create_subprocess_exec("sleep", "600", stdin=asyncio.subprocess.DEVNULL)
    ending = asyncio.create_task(killed(process))
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert process.returncode == -9
