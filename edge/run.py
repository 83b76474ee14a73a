import asyncio, signal, sys
from pathlib import Path
from edge.setting import setting_of
from edge.journal.journal import Journal
from edge.daemon import Daemon, Start, boot_id
from edge import notify
async def run(config: Path) -> int:
    s = setting_of(config)
    store = Path(s.config.store.directory)
    store.mkdir(parents=True, exist_ok=True)
    j = Journal.open(store, s.config.campus.id)
    d = Daemon(Start(s, store, "normal", boot_id()), j)
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, d.leaving.set)
    await d.serve(lambda: notify.ready("armed"))
    return 0
