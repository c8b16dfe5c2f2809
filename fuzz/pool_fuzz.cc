// pool: a handle finds its object as long as that lives, and no other ever; a list through the
// objects is first in, first out.

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "harness/fuzz/byte_reader.h"
#include "harness/fuzz/target.h"
#include "stack/table/list.h"
#include "stack/table/pool.h"

using namespace handfast;

namespace {

struct Thing {
  SlotHead head;
  ListLink link;
  uint32_t value = 7;
  uint32_t padding = 0;
};
constexpr uint32_t kThings = 6;

class Match {
 public:
  Match() { store_.pool.Place(store_.things); }

  void Step(ByteReader& in) {
    const uint8_t what = in.Byte();
    const Slot<Thing> slot(what / 4 % kThings);
    if (what % 4 == 0) return Take();
    if (what % 4 == 1) return Check(in.Byte());
    if (values_.count(slot.index()) == 0) return;
    if (what % 4 == 2)
      Free(slot);
    else if (std::ranges::count(order_, slot.index()) == 0)
      Enter(slot);
    else
      Leave(slot);
    HF_CLAIM(list_.size() == order_.size());
    HF_CLAIM(list_.front().index() == (order_.empty() ? kNoIndex : order_.front()));
  }

  // Any of the handles there ever were.
  void Check(size_t which) const {
    if (handles_.empty()) return;
    const auto& [handle, value] = handles_[which % handles_.size()];
    const auto owner = values_.find(handle.slot.index());
    const bool lives = owner != values_.end() && owner->second == value;
    const Slot<Thing> found = store_.pool.Find(handle);
    HF_CLAIM(found == (lives ? handle.slot : Slot<Thing>::None()));
    HF_CLAIM(!lives || store_.pool[found].value == value);
    HF_CLAIM(store_.pool.used() == values_.size());
    TheTrail().Add(found.index());
  }

 private:
  void Take() {
    const Slot<Thing> slot = store_.pool.Take();
    HF_CLAIM(static_cast<bool>(slot) == (values_.size() < kThings));
    if (!slot) return;
    Thing& thing = store_.pool[slot];
    HF_CLAIM(thing.value == 7 && !thing.link.linked());  // as new, whoever lived there before
    thing.value = static_cast<uint32_t>(handles_.size()) + 100;
    HF_CLAIM(values_.emplace(slot.index(), thing.value).second);
    handles_.emplace_back(store_.pool.HandleOf(slot), thing.value);
  }
  void Free(Slot<Thing> slot) {
    if (store_.pool[slot].link.linked()) Leave(slot);
    store_.pool.Free(slot);
    values_.erase(slot.index());
  }
  void Enter(Slot<Thing> slot) {
    list_.PushBack(store_.pool, slot);
    order_.push_back(slot.index());
  }
  void Leave(Slot<Thing> slot) {
    list_.Remove(store_.pool, slot);
    std::erase(order_, slot.index());
  }

  struct {
    Pool<Thing> pool;
    std::array<Thing, kThings> things{};
  } store_;
  List<Thing, &Thing::link> list_;
  std::vector<uint32_t> order_;
  std::map<uint32_t, uint32_t> values_;  // of what lives, by slot
  std::vector<std::pair<Handle<Thing>, uint32_t>> handles_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in({data, std::min<size_t>(size, 1024)});
  Match match;
  while (!in.empty()) match.Step(in);
  for (size_t i = 0; i < 256; ++i) match.Check(i);
  return 0;
}
