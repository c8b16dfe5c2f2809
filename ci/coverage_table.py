#!/usr/bin/env python3
"""The table of ci/coverage.

coverage_table.py [--json] FOLDER   reads what llvm-cov exported, by suite
"""
import collections
import json
import os
import sys

SUITES = ("tests", "props", "corpus", "corpus+props", "all")
# Shares of lines and of branches, in per cent, below which something was forgotten.
FLOORS = {"corpus+props": (95, 90), "all": (98, 95)}
# Branches that only a broken core takes: they trap.
TRAPS = ("HF_CHECK", "HF_UNREACHABLE")


class Coverage:
    def __init__(self, path):
        self.lines = collections.defaultdict(dict)      # file -> line -> was it run?
        self.branches = collections.defaultdict(dict)   # file -> (line, column, side) -> taken?
        sources = {}
        with open(path, encoding="utf-8") as file:
            exported = json.load(file)
        for entry in exported["data"][0]["files"]:
            name = entry["filename"]
            if "/stack/" not in name:
                continue
            name = name[name.rindex("/stack/") + 1:]
            source = sources.setdefault(name, open(name, encoding="utf-8").read().split("\n"))
            self.add_lines(name, entry["segments"])
            for branch in entry["branches"]:
                line, column = branch[0], branch[1]
                if any(trap in source[line - 1] for trap in TRAPS):
                    continue
                for side, count in (("true", branch[4]), ("false", branch[5])):
                    key = (line, column, side)
                    self.branches[name][key] = self.branches[name].get(key, False) or count > 0

    def add_lines(self, name, segments):
        for (line, _, count, has_count, *_), (after, *_) in zip(segments, segments[1:]):
            if not has_count:
                continue
            for at in range(line, after + 1 if after == line else after):
                self.lines[name][at] = self.lines[name].get(at, False) or count > 0

    def share(self, what, name=None):
        tables = getattr(self, what)
        chosen = [tables[name]] if name else list(tables.values())
        total = sum(len(table) for table in chosen)
        hit = sum(sum(table.values()) for table in chosen)
        if total == 0 and name is None:
            sys.exit(f"no {what} of stack/ were measured")
        return 100 * hit / total if total else 100.0


def main():
    arguments = sys.argv[1:]
    as_json = "--json" in arguments
    folder = [argument for argument in arguments if argument != "--json"][0]
    suites = {suite: Coverage(os.path.join(folder, suite + ".json")) for suite in SUITES}
    whole = suites["all"]
    files = sorted(whole.lines)
    rows = [("stack/", None)] + [(name, name) for name in files]
    figures = {label: {suite: (coverage.share("lines", name), coverage.share("branches", name))
                       for suite, coverage in suites.items()} for label, name in rows}
    if as_json:
        print(json.dumps(figures, indent=1))
    else:
        print(f"{'lines / branches, %':34}" + "".join(f"{suite:>15}" for suite in SUITES))
        for label, _ in rows:
            print(f"{label:34}" + "".join(
                f"{lines:9.1f}/{branches:5.1f}" for lines, branches in figures[label].values()))
    with open(os.path.join(folder, "missing.txt"), "w", encoding="utf-8") as missing:
        for name in files:
            for (line, column, side), taken in sorted(whole.branches[name].items()):
                if not taken:
                    missing.write(f"{name}:{line}:{column}: never {side}\n")
    kept = True
    for suite, floors in FLOORS.items():
        for what, share, floor in zip(("lines", "branches"), figures["stack/"][suite], floors):
            if share < floor:
                kept = False
                print(f"{suite}: {share:.1f} % of {what}, of {floor} %", file=sys.stderr)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
