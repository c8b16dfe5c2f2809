#!/usr/bin/env bash
# check.sh BUILD-TREE: installs into an empty folder, and builds a consumer against what is
# there: by find_package, and by pkg-config.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$1" --prefix "$work/prefix" >"$work/log" || { cat "$work/log"; exit 1; }
if grep -rl 'absl/' "$work/prefix/include"; then echo 'an installed header names Abseil'; exit 1; fi

cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1 &&
  cmake --build "$work/cmake" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/cmake/consumer"
if [ -e "$work/cmake/consumer_tap" ]; then "$work/cmake/consumer_tap"; fi

libdir=$(dirname "$(find "$work/prefix" -name handfast.pc)")
export PKG_CONFIG_PATH=$libdir
for name in main:handfast tap:handfast-tap; do
  source=$here/${name%%:*}.cc package=${name##*:}
  [ -e "$libdir/$package.pc" ] || continue
  # shellcheck disable=SC2046
  ${CXX:-g++} "$source" $(pkg-config --cflags --libs "$package") -o "$work/$package"
  "$work/$package"
done
echo 'consumer: both ways'
