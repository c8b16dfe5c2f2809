// Replays files through a fuzz target, without a fuzzing engine.
//
//     NAME_fuzz [-trails] [FILE | FOLDER]...
//
// All inputs are run in order and then once more in reverse; each must leave the same trail
// both times, whatever ran before it. -trails lists them. Other options are an engine's, and
// mean nothing here. Exit status: 0 done, 1 an input was not the same twice, 3 no input; a
// claim that does not hold aborts.

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "harness/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

namespace fs = std::filesystem;

struct Input {
  fs::path path;
  std::string octets;
  uint64_t trail = 0;
};

std::vector<fs::path> FilesAt(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// In a heap block of its own size, for sanitizers.
uint64_t TrailOf(const Input& input) {
  const auto block = std::make_unique<uint8_t[]>(input.octets.size());
  std::copy(input.octets.begin(), input.octets.end(), block.get());
  handfast::TheTrail().Clear();
  LLVMFuzzerTestOneInput(block.get(), input.octets.size());
  return handfast::TheTrail().hash();
}

bool Load(const fs::path& path, std::vector<Input>& inputs) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  std::string octets{std::istreambuf_iterator<char>(file), {}};
  inputs.push_back({path, std::move(octets), 0});
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  bool list = false;
  std::vector<Input> inputs;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') {
      list |= std::strcmp(argv[i], "-trails") == 0;
      continue;
    }
    for (const fs::path& path : FilesAt(argv[i]))
      if (!Load(path, inputs))
        return std::fprintf(stderr, "%s: cannot be read\n", path.c_str()), 2;
  }
  if (inputs.empty()) return std::fprintf(stderr, "%s: no input\n", argv[0]), 3;

  size_t octets = 0;
  for (Input& input : inputs) {
    std::fprintf(stderr, "%s\n", input.path.c_str());  // the last one is who aborted
    input.trail = TrailOf(input);
    octets += input.octets.size();
    if (list)
      std::printf("%016llx  %s\n", static_cast<unsigned long long>(input.trail),
                  input.path.filename().c_str());
  }
  int status = 0;
  for (auto input = inputs.rbegin(); input != inputs.rend(); ++input) {
    if (TrailOf(*input) == input->trail) continue;
    std::fprintf(stderr, "%s: not the same twice\n", input->path.c_str());
    status = 1;
  }
  if (!list) std::printf("%zu inputs, %zu octets, each twice\n", inputs.size(), octets);
  return status;
}
