#!/usr/bin/env bash
# purity.sh ARCHIVE: the core asks nothing of its host: no clock, no heap, no system call.
# What the archive leaves undefined, its own definitions taken off, is mem* and nothing else.
# purity.sh --self-test ARCHIVE: plants a clock into a copy, and sees it found.
set -euo pipefail

undefined() {
  local defined
  defined=$(mktemp)
  nm --defined-only "$1" 2>/dev/null | awk 'NF == 3 {print $3}' | sort -u >"$defined"
  nm --undefined-only "$1" 2>/dev/null | awk '$1 == "U" {print $2}' | sort -u |
    comm -23 - "$defined" | grep -vxE 'mem(cpy|move|set|cmp)' || true
  rm -f "$defined"
}

check() {
  local found
  found=$(undefined "$1")
  [ -z "$found" ] || { printf 'the core asks for: %s\n' $(c++filt <<<"$found"); return 1; }
}

if [ "${1:-}" = --self-test ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp "$2" "$work/core.a"
  printf '#include <ctime>\nlong Plant() { timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_nsec; }\n' >"$work/plant.cc"
  ${CXX:-g++} -c "$work/plant.cc" -o "$work/plant.o"
  ar r "$work/core.a" "$work/plant.o" 2>/dev/null
  if check "$work/core.a" >"$work/said"; then echo 'a planted clock was not found'; exit 1; fi
  grep -q clock_gettime "$work/said" || { cat "$work/said"; exit 1; }
  echo 'purity: a planted clock was found'
  exit 0
fi
check "$1"
echo "purity: $(basename "$1") asks for mem* only"
