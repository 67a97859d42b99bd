"""Recordings of exchanges with a sandbox: files of one exchange a line, as the sandbox writes them."""

import hashlib
import json
import pathlib
import re
from dataclasses import dataclass

# What differs from run to run and no schema can tell apart: ids, object names of git, times, ports. Exchanges that
# are equal otherwise are judged once.
VOLATILE = [
    (re.compile(pattern), constant)
    for pattern, constant in (
        (rb"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b", b"(uuid)"),
        (rb"\b[0-9a-f]{40}\b", b"(object)"),
        (rb"\b20\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?=\.\d{3}Z|Z)", b"(time)"),
        (rb"(?<=\(time\)\.)\d{3}Z", b"(fraction)"),
        (rb"\bkong:trace:\d+\b", b"(trace)"),
        (rb"http://127\.0\.0\.1:\d+", b"(sandbox)"),
    )
]
# What the sandbox writes in place of a secret. The base64 text that stands for it here keeps to the form that the
# documents give such fields.
LEFT_OUT, STAND_IN = '"(left out)"', '"KGxlZnQgb3V0KQ=="'


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    url: str
    user_agent: str | None
    request_type: str | None
    request_body: object
    status: int | None
    response_type: str | None
    response_body: object
    fault: str | None

    @property
    def is_of_koctl(self):
        """Whether koctl itself asked, and not a test."""
        return (self.user_agent or "").startswith("koctl/")


@dataclass
class Recorded:
    """Exchanges that differ in nothing that matters: where the first of them is, and how many there are."""

    file: pathlib.Path
    line: int
    offset: int
    times: int = 1

    @property
    def place(self):
        return f"{self.file}:{self.line}"

    def exchange(self):
        """The first of them."""
        with open(self.file, "rb") as lines:
            lines.seek(self.offset)
            return parse(lines.readline().decode())


class Recordings:
    """Exchanges by what matters of them."""

    def __init__(self):
        self.total = 0
        # Lines that a sandbox was killed while it wrote them.
        self.cut_short = 0
        self._distinct = {}

    @property
    def distinct(self):
        return list(self._distinct.values())

    def read(self, file):
        """Adds those of a file."""
        offset = 0
        with open(file, "rb") as lines:
            for number, line in enumerate(lines, 1):
                self._add(Recorded(file, number, offset), line)
                offset += len(line)
        return self

    def __iadd__(self, other):
        self.total += other.total
        self.cut_short += other.cut_short
        for essence, recorded in other._distinct.items():
            if recorded is not self._distinct.setdefault(essence, recorded):
                self._distinct[essence].times += recorded.times
        return self

    def _add(self, recorded, line):
        # Each line is written at once, so that only a last one can lack its end.
        if not line.endswith(b"\n"):
            self.cut_short += 1
            return
        self.total += 1
        if recorded is not (known := self._distinct.setdefault(essence(line), recorded)):
            known.times += 1


def parse(line):
    """The exchange of a line."""
    return Exchange(**json.loads(line.replace(LEFT_OUT, STAND_IN)))


def essence(line):
    """What tells a line from others, but for what differs from run to run."""
    for pattern, constant in VOLATILE:
        line = pattern.sub(constant, line)
    return hashlib.blake2b(line, digest_size=16).digest()


def files(folder):
    """All recordings below a folder."""
    return sorted(pathlib.Path(folder).rglob("*.jsonl"))
