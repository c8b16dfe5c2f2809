#!/bin/bash -eu
# build.sh: builds the fuzz targets for OSS-Fuzz and ClusterFuzzLite. They set CC, CXX, CFLAGS,
# CXXFLAGS and LIB_FUZZING_ENGINE, and the folders SRC, WORK and OUT; what lies in OUT is what
# runs. ci/oss-fuzz/check plays their part without a container.

cd "$SRC/handfast"
# Not vptr: the core is compiled without RTTI, and has next to no virtual function.
cmake -S . -B "$WORK/handfast" -G Ninja -DCMAKE_BUILD_TYPE=None \
  -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_CXX_FLAGS="$CXXFLAGS -fno-sanitize=vptr" \
  -DHANDFAST_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" \
  -DHANDFAST_TESTS=OFF -DHANDFAST_PROGRAMS=OFF -DHANDFAST_WERROR=OFF
cmake --build "$WORK/handfast" --target fuzz_targets

# Tables alone are so small that OSS-Fuzz takes them for not instrumented.
for target in $(ci/fuzz --list | grep -vxE 'ehash|pool|wheel'); do
  name=${target}_fuzz
  cp "$WORK/handfast/fuzz/$name" "$OUT/"
  dictionary=fuzz/$target.dict
  [ -f "$dictionary" ] || dictionary=fuzz/tcp.dict
  cp "$dictionary" "$OUT/$name.dict"
  printf '[libfuzzer]\nmax_len = 4096\n' >"$OUT/$name.options"
  rm -f "$OUT/${name}_seed_corpus.zip"
  python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" "corpus/$target"/*
done
