#!/usr/bin/env python3
"""Holds recorded exchanges with a sandbox against the published API documents, in both directions.

    check.py CONTRACTS RECORDINGS

CONTRACTS has the documents, as `documents.py` looks for them; RECORDINGS is a folder with files of one exchange a line,
as sandboxes write them where KOCTL_SANDBOX_RECORD_DIR says so. Prints what was judged and every kind of finding once,
with how often it was seen and where first. Exits 1 where there is any, or nothing to judge.
"""

import argparse
import collections
import multiprocessing
import os
import sys

import exceptions
import recordings
from documents import Documents
from judge import judge

# Exchanges that a process judges at a time: enough to be worth sending, few enough to keep all of them busy.
BATCH = 50
LONGEST_MESSAGE = 400

documents = None


class Tally:
    """What was found so far."""

    def __init__(self):
        self.judged = 0
        self.invalid = 0
        self.operations = collections.Counter()
        self.apart = collections.Counter()
        self.refused = collections.Counter()
        self.excused = collections.Counter()
        self.wrong = collections.Counter()
        # The first message of a kind, and where it was seen.
        self.seen = {}

    def add(self, recorded, verdict):
        """Adds the verdict on exchanges that are alike."""
        times, operation = recorded.times, verdict.operation
        if verdict.apart:
            self.apart[verdict.apart] += times
        else:
            self.judged += times
            self.operations[operation.document.name, operation.name] += times
        if verdict.refused:
            self.refused[operation.name] += times
        wrong = [finding for finding in verdict.findings if not self._excuse(operation, finding, times)]
        for finding in wrong:
            key = (operation.name if operation else "", finding.side, finding.kind)
            self.wrong[key] += times
            self.seen.setdefault(key, (finding.message, recorded.place))
        self.invalid += times if wrong else 0

    def _excuse(self, operation, finding, times):
        reason = operation and exceptions.reason(operation, finding)
        if reason:
            self.excused[reason] += times
        return reason

    def __iadd__(self, other):
        self.judged += other.judged
        self.invalid += other.invalid
        for name in ("operations", "apart", "refused", "excused", "wrong"):
            getattr(self, name).update(getattr(other, name))
        self.seen = other.seen | self.seen
        return self


def tally(batch):
    """The verdicts on some exchanges."""
    result = Tally()
    for recorded in batch:
        result.add(recorded, judge(documents, recorded.exchange()))
    return result


def read(file):
    return recordings.Recordings().read(file)


def check(folder, files, processes):
    """What there is in files of recordings, and the verdicts on it."""
    global documents
    documents = Documents.load(folder)
    # Forked, the processes share the documents that were just read.
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        recorded = recordings.Recordings()
        for one in pool.imap(read, files):
            recorded += one
        distinct = recorded.distinct
        result = Tally()
        for one in pool.imap(tally, [distinct[start : start + BATCH] for start in range(0, len(distinct), BATCH)]):
            result += one
    return recorded, result


def report(recorded, result):
    """The lines that tell a person."""
    yield (
        f"{recorded.total} exchanges, {len(recorded.distinct)} of them different; {result.judged} judged in both "
        f"directions, of {len(result.operations)} operations:"
    )
    by_document = collections.defaultdict(list)
    for (document, _), times in result.operations.items():
        by_document[document].append(times)
    for document, times in sorted(by_document.items()):
        yield f"  {document}: {sum(times)} exchanges of {len(times)} operations"
    for what, times in result.apart.most_common():
        yield f"apart: {times} {what}"
    if recorded.cut_short:
        yield f"apart: {recorded.cut_short} that a sandbox was killed in the middle of writing down"
    yield f"refused though the document allows the request, which no schema can judge: {sum(result.refused.values())}"
    for times, reason in sorted(
        ((result.excused[one.reason], one.reason) for one in exceptions.EXCEPTIONS), reverse=True
    ):
        yield f"excused {times} times: {reason}"
    for key, times in result.wrong.most_common():
        operation, side, kind = key
        message, place = result.seen[key]
        yield f"INVALID {times} times: {operation} {side}, {kind}"
        yield f"    {message[:LONGEST_MESSAGE]}"
        yield f"    first in {place}"
    yield f"{result.invalid} invalid exchanges"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("contracts", metavar="CONTRACTS")
    arguments.add_argument("recordings", metavar="RECORDINGS")
    given = arguments.parse_args()
    recorded, result = check(given.contracts, recordings.files(given.recordings), os.cpu_count())
    for line in report(recorded, result):
        print(line)
    if not result.judged:
        print("nothing was judged, which proves nothing")
    return 1 if result.invalid or not result.judged else 0


if __name__ == "__main__":
    sys.exit(main())
