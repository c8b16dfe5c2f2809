#!/usr/bin/env python3
"""bench_table.py [--json] FILE: Google Benchmark's JSON as our performance table.

Exit status 1 when a budget is not kept.
"""
import json
import statistics
import sys

# (what, the row it is compared with, the most that the ratio may be)
BUDGETS = [
    ("handshake/hot/handfast", "handshake/hot/liblwip", 0.5),
    ("handshake/1M/handfast", "handshake/hot/handfast", 3.0),
    ("handshake/10M/handfast", "handshake/hot/handfast", 3.5),
]
MAY_BE_LEFT_OUT = "handshake/10M/handfast"  # any other row that is missing is an error
OCTETS = {"request": 128, "time_wait": 96, "connection": 320}
UNBOUNDED = ("listener", "flow_cell", "chunk")  # there are few, or they are shared; no budget

ROWS = [
    ("whole passive handshake, hot", "handshake/hot"),
    ("SYN to SYN-ACK, hot", "syn/hot"),
    ("connect, open, abort, hot", "connect/hot"),
    ("handshake, 100,000 flows there", "handshake/100k"),
    ("handshake, 1,000,000 flows there", "handshake/1M"),
    ("handshake, 10,000,000 flows there", "handshake/10M"),
]


def medians(result):
    runs = {}
    for run in result["benchmarks"]:
        if run["run_type"] == "iteration":
            name = run["run_name"].removesuffix("/manual_time")
            runs.setdefault(name, []).append(run["median_ns"])
    return {name: statistics.median(each) for name, each in runs.items()}


def judge(ns, octets):
    budgets = [{"what": what, "than": than, "ratio": ns[what] / ns[than], "most": most}
               for what, than, most in BUDGETS if what in ns or what != MAY_BE_LEFT_OUT]
    budgets += [{"what": f"octets/{kind}", "octets": octets[kind], "most": most}
                for kind, most in OCTETS.items()]
    for budget in budgets:
        budget["kept"] = budget.get("ratio", budget.get("octets")) <= budget["most"]
    return budgets


def show(ns, octets, stacks, budgets):
    print(f"{'nanoseconds, median':36}{'handfast':>10}{'liblwip':>10}{'ratio':>8}{'to hot':>8}")
    hot = ns.get("handshake/hot/handfast")
    for title, name in ROWS:
        ours, peer = ns.get(f"{name}/handfast"), ns.get(f"{name}/liblwip")
        if ours is None:
            continue
        cells = f"{ours:>10.0f}"
        cells += f"{peer:>10.0f}{ours / peer:>8.2f}" if peer else " " * 18
        if hot and name.startswith("handshake/") and name != "handshake/hot":
            cells += f"{ours / hot:>8.2f}"
        print(f"{title:36}{cells}")
    print(f"\n{'octets of an object':36}{'handfast':>10}{'at most':>10}")
    for kind, most in OCTETS.items():
        print(f"{kind.replace('_', '-'):36}{octets[kind]:>10}{most:>10}")
    for kind in UNBOUNDED:
        print(f"{kind.replace('_', '-'):36}{octets[kind]:>10}")
    for flows, size in stacks.items():
        print(f"{f'a stack for {flows:,} connections':36}{size / 2**20:>8,.0f} MiB")
    print()
    for budget in budgets:
        if "ratio" in budget:
            mark = "kept" if budget["kept"] else "NOT KEPT"
            print(f"{mark}: {budget['what']} is {budget['ratio']:.2f} x {budget['than']}, "
                  f"at most {budget['most']}")
        elif not budget["kept"]:
            print(f"NOT KEPT: {budget['what']} is {budget['octets']}, at most {budget['most']}")


def main():
    arguments = [a for a in sys.argv[1:] if a != "--json"]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as f:
        result = json.load(f)
    ns = medians(result)
    context = {key: int(value) for key, value in result["context"].items()
               if key.startswith(("octets/", "stack/"))}
    octets = {key.removeprefix("octets/"): value for key, value in context.items()
              if key.startswith("octets/")}
    stacks = {int(key.removeprefix("stack/")): value for key, value in context.items()
              if key.startswith("stack/")}
    budgets = judge(ns, octets)
    if "--json" in sys.argv:
        print(json.dumps({"median_ns": ns, "octets": octets, "stacks": stacks,
                          "budgets": budgets}, indent=2))
    else:
        show(ns, octets, dict(sorted(stacks.items())), budgets)
    return 0 if all(budget["kept"] for budget in budgets) else 1


if __name__ == "__main__":
    sys.exit(main())
