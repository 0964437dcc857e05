"""`python -m bench`: run the benchmarks, show their ratios, keep them if asked to.

Owns the command line and the order of the sections.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import platformdirs

from bench import batches, bulk, deciding, deciding_postgres, lists, processes, tokens
from bench.machine import describe
from bench.report import summary, table, write
from bench.results import Result, Run
from bench.setting import Setting
from bench.sizes import SEED, SIZES

Section = Callable[[Setting], Iterator[Result]]
SECTIONS: Mapping[str, Section] = {
    processes.SECTION: processes.run,
    deciding.SECTION: deciding.run,
    deciding_postgres.SECTION: deciding_postgres.run,
    batches.SECTION: batches.run,
    lists.SECTION: lists.run,
    bulk.SECTION: bulk.run,
    tokens.SECTION: tokens.run,
}


def run(setting: Setting, sections: Sequence[str]) -> Run:
    """The results of these sections. Raises WrongAnswerError, ChildError."""
    machine = describe()
    results: list[Result] = []
    for name in sections:
        begun = time.monotonic()
        results.extend(SECTIONS[name](setting))
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return Run(setting.size.name, machine, results, setting.left_out)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the words, run, print."""
    given = _parser().parse_args(arguments)
    sections = given.only.split(",") if given.only else list(SECTIONS)
    unknown = sorted(set(sections) - set(SECTIONS))
    if unknown:
        sys.exit(f"unknown section `{unknown[0]}`: there are {', '.join(SECTIONS)}")
    size = SIZES[given.size]
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="grantctl-bench-") as scratch:
        setting = Setting(
            size, given.seed, given.folder, Path(scratch), given.rounds or size.rounds
        )
        found = run(setting, sections)
    print(table(found))
    print(summary(found))
    if given.write:
        write(found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="grantctl's benchmarks")
    parser.add_argument("--size", choices=list(SIZES), default="S", help="of the directory")
    parser.add_argument(
        "--only", metavar="NAME[,NAME…]", help=f"of {', '.join(SECTIONS)}; all by default"
    )
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    parser.add_argument("--seed", type=int, default=SEED, help="of the directory's rows")
    parser.add_argument(
        "--folder",
        type=Path,
        default=platformdirs.user_cache_path("grantctl-bench"),
        help="where the databases are kept from run to run",
    )
    parser.add_argument(
        "--write", action="store_true", help="keep the results, and write docs/performance.md"
    )
    return parser


if __name__ == "__main__":
    main()
