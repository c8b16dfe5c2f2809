#!/usr/bin/env bash
# check.sh BUILD-TREE: installs into an empty folder, and builds a consumer against what is
# there: by find_package, and by pkg-config. So it builds the program of README.md, too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
readme=$here/../../README.md
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

if [ -e "$libdir/handfast-tap.pc" ]; then
  sed -n '/^```cpp$/,/^```$/{/^```/!p}' "$readme" >"$work/readme.cc"
  grep -q 'int main()' "$work/readme.cc"
  # shellcheck disable=SC2046
  ${CXX:-g++} -std=c++20 -Wall -Wextra -Werror "$work/readme.cc" \
    $(pkg-config --cflags --libs handfast-tap) -o "$work/readme"
fi
echo 'consumer: both ways, and the program of README.md'
