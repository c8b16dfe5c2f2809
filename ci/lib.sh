# What the scripts of this folder share. To be sourced; sets the directory to the root.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold= plain=; fi

say() { printf '%s\n' "${bold}== $*${plain}"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
usage_error() { printf '%s\n' "$*" >&2; exit 2; }

# need PACKAGE...: installs what of these Debian packages is missing, and says so.
need() {
  local missing=()
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || fail "missing packages, and no right to install them: ${missing[*]}
run as root:  apt-get install --no-install-recommends ${missing[*]}"
  say "installing: ${missing[*]}"
  local log
  log=$(mktemp)
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
      --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || { tail -20 "$log" >&2
    fail "apt-get failed; its output is in $log"; }
  rm -f "$log"
}

# What the release tree is configured with, and so wants, whatever is built of it.
release_needs=(g++ patch cmake ninja-build ccache libcli11-dev libgtest-dev librapidcheck-dev
  libbenchmark-dev liblwip-dev pkg-config python3)

# quietly WHAT COMMAND...: the command's output only if it fails.
quietly() {
  local what=$1 log
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { grep -E 'error|Error|FAILED|warning' "$log" | head -40 >&2
    fail "$what failed; all of its output is in $log"; }
  rm -f "$log"
}

# build PRESET [TARGET...]: configures and builds.
build() {
  local preset=$1
  shift
  say "building: $preset ${*:-(everything)}"
  quietly 'the build' cmake --preset "$preset"
  quietly 'the build' cmake --build "build/$preset" ${1:+--target "$@"}
}
