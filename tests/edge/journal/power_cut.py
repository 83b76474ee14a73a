"""The power-cut explorer: from what strace saw of a run, every state that a power cut could leave on the disk.

The model is POSIX at its strictest, harder than ext4: what was not synced may be there, or not, or torn at 512
bytes, in any order; a name (made, changed or taken away) lasts once its directory was synced, and names change in
the order in which they were changed. fsync counts from its return and covers what had been done when it began. It
cannot show bugs of a file system, caches of a drive that lies, or writes through mmap (the journal has none).
"""

import random
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SECTOR_BYTES: Final = 512
CALLS: Final = (
    "openat,write,pwrite64,ftruncate,fsync,fdatasync,?unlink,unlinkat,?rename,?renameat,renameat2,?link,linkat,"
    "writev,pwritev,pwritev2,fallocate,truncate,?mkdir,mkdirat,sync_file_range,copy_file_range"
)
_LINE: Final = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$", re.DOTALL)
_STRING: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR: Final = re.compile(r"(\d+)<((?:\\x[0-9a-f]{2})+)>(\(deleted\))?")
_UNFINISHED: Final = " <unfinished ...>"

Image = Mapping[str, bytes]
"""The files of one directory: contents by name."""


@dataclass(frozen=True, slots=True)
class Call:
    """One system call as strace wrote it, at its entry (`result` None) or at its return."""

    name: str
    thread: str
    descriptor: str | None
    """The path that the first argument stands for; None where it stands for none, or was deleted."""
    strings: tuple[bytes, ...]
    numbers: tuple[int, ...]
    """The arguments behind the last string or descriptor."""
    flags: str
    result: int | None


def recording(log: Path, *more: str) -> list[str]:
    """What a command is run by, so that its system calls are written to `log`. more: names of calls beside ours."""
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "1000000", "-o", str(log)]
    return [*strace, "-e", f"trace={','.join((CALLS, *more))}", "-e", "signal=none", "--"]


def start_recorded(command: Sequence[str], log: Path, root: Path) -> "subprocess.Popen[bytes]":
    """Start `command` in `root`, the folder that it imports from, with its system calls written to `log`."""
    return subprocess.Popen(
        [*recording(log), *command],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def calls(log: Path, directory: str, *also: str) -> Iterator[Call]:
    """What `log` tells of one directory (also on standard output, where it names it): entries and returns.

    also: calls that hold one of these texts are told as well.
    """
    wanted = [_hexed(one) for one in (directory, *also)]
    entered: dict[str, str] = {}
    with log.open(encoding="ascii") as lines:
        for line in lines:
            found = _LINE.match(line.rstrip("\n"))
            if found is None:
                continue
            thread, resumed, name, rest = found.groups()
            if resumed is not None:
                begun = entered.pop(thread, None)
                if begun is not None:
                    yield _call(resumed, thread, begun + rest, returned=True)
                continue
            if not any(one in rest for one in wanted):
                continue
            if rest.endswith(_UNFINISHED):
                entered[thread] = rest.removesuffix(_UNFINISHED)
                yield _call(name, thread, entered[thread], returned=False)
            else:
                yield _call(name, thread, rest, returned=False)
                yield _call(name, thread, rest, returned=True)


def _call(name: str, thread: str, text: str, *, returned: bool) -> Call:
    text, _, result = text.rpartition(" = ") if returned else (text, "", "")
    descriptor = _DESCRIPTOR.match(text)
    strings = tuple(_unhexed(each) for each in _STRING.findall(text))
    tail = text[max(text.rfind('"'), text.rfind(">")) + 1 :]
    return Call(
        name,
        thread,
        None if descriptor is None or descriptor[3] else _unhexed(descriptor[2]).decode(),
        strings,
        tuple(int(each) for each in re.findall(r"(?<![\w|])\d+(?![\w|])", tail)),
        tail,
        int(result.split("<")[0].split()[0])
        if returned and result[:1] != "?"
        else None
        if not returned
        else -1,
    )


def _hexed(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def _unhexed(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass(frozen=True, slots=True)
class Change:
    """Bytes written at a place; data None: the file cut or grown to `at`."""

    number: int
    at: int
    data: bytes | None

    def on(self, content: bytearray) -> None:
        if self.data is None:
            del content[self.at :]
            content.extend(bytes(self.at - len(content)))
            return
        content.extend(bytes(max(0, self.at - len(content))))
        content[self.at : self.at + len(self.data)] = self.data


@dataclass(eq=False)
class Inode:
    """A file without its name: what is on the disk, and what was done to it since."""

    durable: bytes = b""
    pending: list[Change] = field(default_factory=list)

    def now(self) -> bytes:
        return _with(self.durable, self.pending)


@dataclass(frozen=True, slots=True)
class Naming:
    """A change of names that happens as one: None takes the name away."""

    number: int
    names: tuple[tuple[str, Inode | None], ...]


class Disk:
    """One directory under a power that may fail."""

    def __init__(self, directory: Path, image: Image | None = None) -> None:
        self._directory = str(directory)
        self._lasting = {name: Inode(content) for name, content in (image or {}).items()}
        self._names = dict(self._lasting)
        self._namings: list[Naming] = []
        self._number = 0
        self._syncing: dict[str, tuple[Inode | None, int]] = {}

    def follow(self, call: Call) -> bool:
        """Take one call in; True: what a power cut would leave has changed."""
        if call.name in ("fsync", "fdatasync"):
            return self._sync(call)
        if call.result is None or call.result < 0:
            return False
        self._number += 1
        match call.name, call.descriptor, [self._name(each) for each in call.strings]:
            case "write" | "pwrite64", str(path), _ if (file := self._file(path)) is not None:
                at = call.numbers[-1] if call.name == "pwrite64" else len(file.now())
                file.pending.append(Change(self._number, at, call.strings[0][: call.result]))
            case "ftruncate", str(path), _ if (file := self._file(path)) is not None:
                file.pending.append(Change(self._number, call.numbers[-1], None))
            case "fallocate", str(path), _ if (file := self._file(path)) is not None:
                grown = max(len(file.now()), sum(call.numbers[-2:]))
                file.pending.append(Change(self._number, grown, None))
            case "openat", _, [str(name)]:
                return self._open(name, call.flags)
            case "rename" | "renameat" | "renameat2", _, [str(old), str(new)]:
                self._rename({new: self._names[old], old: None})
            case "link" | "linkat", _, [str(old), str(new)]:
                self._rename({new: self._names[old]})
            case "unlink" | "unlinkat", _, [str(name)]:
                self._rename({name: None})
            case _, path, names:
                if any(names) or (path is not None and self._file(path) is not None):
                    raise NotImplementedError(f"the explorer does not know what {call} does to the store")
                return False
        return True

    def left(self, chance: random.Random, subsets: int) -> Iterator[Image]:
        """What a power cut may leave now: all of it, none, names and sizes without contents, and some."""
        yield self._image(len(self._namings), lambda file: file.pending)
        yield self._image(0, lambda _: [])
        yield self._image(len(self._namings), _hollow)
        for _ in range(subsets):
            some = chance.random()
            names = chance.randint(0, len(self._namings))
            yield self._image(names, lambda file, some=some: list(_some(file.pending, some, chance)))  # type: ignore[misc]

    def _image(self, namings: int, taken: Callable[[Inode], Sequence[Change]]) -> Image:
        names: dict[str, Inode] = dict(self._lasting)
        for naming in self._namings[:namings]:
            _rename_in(names, naming)
        made: dict[int, bytes] = {}
        for file in names.values():
            if id(file) not in made:
                made[id(file)] = _with(file.durable, taken(file))
        return {name: made[id(file)] for name, file in names.items()}

    def _name(self, path: bytes) -> str | None:
        directory, _, name = path.decode(errors="replace").rpartition("/")
        if directory.startswith(f"{self._directory}/"):
            raise NotImplementedError(f"a directory in the store: {directory}")
        return name if directory == self._directory else None

    def _file(self, path: str) -> Inode | None:
        directory, _, name = path.rpartition("/")
        return self._names.get(name) if directory == self._directory else None

    def _open(self, name: str, flags: str) -> bool:
        if "SYNC" in flags or "O_APPEND" in flags:
            raise NotImplementedError(f"{name} opened with {flags}")
        if name not in self._names and "O_CREAT" in flags:
            self._rename({name: Inode()})
            return True
        if "O_TRUNC" in flags:
            self._names[name].pending.append(Change(self._number, 0, None))
            return True
        return False

    def _rename(self, names: Mapping[str, Inode | None]) -> None:
        naming = Naming(self._number, tuple(names.items()))
        self._namings.append(naming)
        _rename_in(self._names, naming)

    def _sync(self, call: Call) -> bool:
        if call.result is None:
            path = call.descriptor
            if path is not None and (path == self._directory or self._file(path) is not None):
                self._syncing[call.thread] = (self._file(path), self._number)
            return False
        file, until = self._syncing.pop(call.thread, (None, -1))
        if call.result != 0 or until < 0:
            return False
        if file is None:
            for naming in self._namings:
                if naming.number <= until:
                    _rename_in(self._lasting, naming)
            self._namings = [each for each in self._namings if each.number > until]
        else:
            file.durable = _with(file.durable, [each for each in file.pending if each.number <= until])
            file.pending = [each for each in file.pending if each.number > until]
        return True


def _rename_in(names: dict[str, Inode], naming: Naming) -> None:
    for name, file in naming.names:
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


def _with(content: bytes, changes: Iterable[Change]) -> bytes:
    made = bytearray(content)
    for change in changes:
        change.on(made)
    return bytes(made)


def _hollow(file: Inode) -> list[Change]:
    """Sizes as they are to be, with zeros where bytes were to come: as file systems without ordered data do it."""
    size = len(file.now())
    return [Change(0, size, None)] if file.pending else []


def _some(changes: Sequence[Change], share: float, chance: random.Random) -> Iterator[Change]:
    for change in changes:
        if chance.random() >= share:
            continue
        if change.data is None or chance.random() < 0.7:
            yield change
        else:
            yield from _torn(change, change.data, chance)


def _torn(change: Change, data: bytes, chance: random.Random) -> Iterator[Change]:
    start = 0
    while start < len(data):
        end = min(len(data), (change.at + start) // SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES - change.at)
        if chance.random() < 0.5:
            yield Change(change.number, change.at + start, data[start:end])
        start = end
