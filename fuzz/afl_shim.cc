// What stands between AFL++, which asks for afl_custom_fuzz, and a mutator written for
// libFuzzer, which asks for LLVMFuzzerMutate. HANDFAST_DICT in the environment names a
// dictionary, as AFL++ does not pass on its own.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "harness/sim/rng.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed);
// Not every mutator crosses.
extern "C" __attribute__((weak)) size_t
LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size,
                          uint8_t* out, size_t max_size, unsigned seed);
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" void* afl_custom_init(void* afl, unsigned seed);
extern "C" void afl_custom_deinit(void* shim);
extern "C" size_t afl_custom_fuzz(void* shim, uint8_t* data, size_t size, uint8_t** out,
                                  uint8_t* other, size_t other_size, size_t max_size);

namespace {

struct Shim {
  handfast::SimRng rng;
  std::vector<std::string> words;
  std::vector<uint8_t> buffer;
};

// The one of this process: LLVMFuzzerMutate has no argument for it.
Shim* g_shim = nullptr;

// Lines of the form name="octets", with \xNN for any octet.
std::vector<std::string> ReadDictionary(const char* path) {
  std::vector<std::string> words;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find('"'), last = line.rfind('"');
    if (line[0] == '#' || first == last) continue;
    std::string word;
    for (size_t i = first + 1; i < last; ++i) {
      const bool escaped = line.compare(i, 2, "\\x") == 0 && i + 4 <= last;
      word +=
          escaped ? static_cast<char>(std::stoi(line.substr(i + 2, 2), nullptr, 16)) : line[i];
      i += escaped ? 3 : 0;
    }
    words.push_back(word);
  }
  return words;
}

}  // namespace

void* afl_custom_init(void*, unsigned seed) {
  g_shim = new Shim{handfast::SimRng(seed), {}, {}};
  if (const char* const path = std::getenv("HANDFAST_DICT"))
    g_shim->words = ReadDictionary(path);
  return g_shim;
}

void afl_custom_deinit(void* shim) {
  g_shim = nullptr;
  delete static_cast<Shim*>(shim);
}

size_t afl_custom_fuzz(void* shim, uint8_t* data, size_t size, uint8_t** out, uint8_t* other,
                       size_t other_size, size_t max_size) {
  auto& [rng, words, buffer] = *static_cast<Shim*>(shim);
  size = std::min(size, max_size);
  if (LLVMFuzzerCustomCrossOver != nullptr && other != nullptr && rng.Chance(200)) {
    buffer.resize(max_size);
    *out = buffer.data();
    return LLVMFuzzerCustomCrossOver(data, size, other, std::min(other_size, max_size),
                                     buffer.data(), max_size,
                                     static_cast<unsigned>(rng.Next()));
  }
  buffer.assign(data, data + size);
  buffer.resize(max_size);
  *out = buffer.data();
  return LLVMFuzzerCustomMutator(buffer.data(), size, max_size,
                                 static_cast<unsigned>(rng.Next()));
}

// A few octets set, flipped, inserted, taken out, copied from elsewhere, or a word put in.
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  auto& [rng, words, buffer] = *g_shim;
  for (uint64_t changes = rng.Within(1, 4); changes > 0; --changes) {
    const size_t count = std::min<size_t>(rng.Within(1, 4), max_size - size);
    const size_t at = rng.Below(size + 1);
    const uint64_t what = rng.Below(words.empty() ? 10 : 13);
    if (what >= 10) {
      const std::string& word = words[rng.Below(words.size())];
      std::memcpy(data + at, word.data(), std::min(word.size(), size - at));
    } else if (what == 0 || size == 0) {
      std::memmove(data + at + count, data + at, size - at);
      rng.Fill({data + at, count});
      size += count;
    } else if (what == 1) {
      const size_t gone = std::min(count, size - at);
      std::memmove(data + at, data + at + gone, size - at - gone);
      size -= gone;
    } else if (at == size) {
      continue;
    } else if (what < 5) {
      data[at] = static_cast<uint8_t>(data[at] ^ 1u << rng.Below(8));
    } else if (what < 8) {
      data[at] = static_cast<uint8_t>(rng.Next());
    } else {
      const size_t from = rng.Below(size);
      std::memmove(data + at, data + from, std::min({count, size - at, size - from}));
    }
  }
  return size;
}
