// ehash: the flow table finds what a std::map finds.
//
// Each byte names one of 64 keys: its first sight inserts it, its next replaces or erases it.
// Eight tags for them all, in eight buckets: overflow, wrap-around and moves back are the rule.

#include <array>
#include <map>

#include "harness/fuzz/byte_reader.h"
#include "harness/fuzz/target.h"
#include "stack/table/ehash.h"

using namespace handfast;

namespace {

constexpr uint32_t kKeys = 64;
constexpr uint32_t kTags[] = {0, 1, 1 + 8, 6, 7, 7 + 8, 7 + 64, 0x8000'0007};

uint32_t TagOf(uint32_t key) { return kTags[key % std::size(kTags)]; }

class Match {
 public:
  void Step(uint8_t byte) {
    const uint32_t key = byte % kKeys;
    const auto known = model_.find(key);
    const uint32_t ref = ++refs_ << 8 | key;
    if (known == model_.end()) {
      if (model_.size() == kKeys - 1) return;  // a full table finds no end to a miss
      table_.ehash.Insert(TagOf(key), ref);
      model_[key] = ref;
    } else if (byte >= 192) {
      table_.ehash.Replace(TagOf(key), known->second, ref);
      known->second = ref;
    } else {
      table_.ehash.Erase(TagOf(key), known->second);
      model_.erase(known);
    }
    Compare(key);
    Compare(refs_ % kKeys);
  }

  void Compare(uint32_t key) const {
    const uint32_t found = table_.ehash.Find(
        TagOf(key), [key](uint32_t candidate) { return (candidate & 0xff) == key; });
    const auto known = model_.find(key);
    HF_CLAIM(found == (known == model_.end() ? Ehash::kNoRef : known->second));
    HF_CLAIM(table_.ehash.size() == model_.size());
    TheTrail().Add(uint64_t{found} << 32 | table_.ehash.Peek(TagOf(key)));
  }

 private:
  // A table and its buckets in one block, as the table demands.
  struct Table {
    Ehash ehash;
    std::array<Ehash::Bucket, 8> buckets{};
    Table() { ehash.Place(buckets); }
  };

  Table table_;
  std::map<uint32_t, uint32_t> model_;  // key to ref
  uint32_t refs_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Match match;
  for (const uint8_t byte : Bytes(data, size)) match.Step(byte);
  for (uint32_t key = 0; key < kKeys; ++key) match.Compare(key);
  return 0;
}
