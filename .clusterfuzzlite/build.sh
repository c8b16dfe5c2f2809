#!/bin/bash -eu
exec "$SRC/handfast/ci/oss-fuzz/build.sh"
