// Pools and handles against std::map.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "stack/table/list.h"
#include "stack/table/pool.h"

namespace handfast {
namespace {

struct Thing {
  SlotHead head;
  ListLink link;
  uint32_t value = 7;
  uint32_t padding = 0;
};

struct Store {
  Pool<Thing> pool;
  std::array<Thing, 6> slots{};
  Store() {
    for (Thing& thing : slots) thing.head.link = 0;
    pool.Place(slots);
  }
};

RC_GTEST_PROP(PoolProps, AHandleFindsItsObjectAndNeverAnother, ()) {
  Store store;
  std::map<uint32_t, uint32_t> live;  // slot to value
  std::vector<std::pair<Handle<Thing>, uint32_t>> handles;
  for (int step = *rc::gen::inRange(0, 200); step > 0; --step) {
    if (*rc::gen::arbitrary<bool>()) {
      const Slot<Thing> slot = store.pool.Take();
      RC_ASSERT(static_cast<bool>(slot) == (live.size() < 6));
      if (!slot) continue;
      RC_ASSERT(live.count(slot.index()) == 0u);
      RC_ASSERT(store.pool[slot].value == 7u);  // as new, whoever lived there before
      store.pool[slot].value = static_cast<uint32_t>(step) + 100;
      live[slot.index()] = store.pool[slot].value;
      handles.emplace_back(store.pool.HandleOf(slot), store.pool[slot].value);
    } else if (!live.empty()) {
      auto victim = live.begin();
      std::advance(victim, *rc::gen::inRange<long>(0, static_cast<long>(live.size())));
      store.pool.Free(Slot<Thing>(victim->first));
      live.erase(victim);
    }
    RC_ASSERT(store.pool.used() == live.size());
    for (const auto& [handle, value] : handles) {
      const Slot<Thing> slot = store.pool.Find(handle);
      const auto owner = live.find(handle.slot.index());
      const bool alive = owner != live.end() && owner->second == value;
      RC_ASSERT(static_cast<bool>(slot) == alive);
    }
  }
  RC_ASSERT(!store.pool.Find(Handle<Thing>{}));
  RC_ASSERT(!store.pool.Find(Handle<Thing>{Slot<Thing>(99), 1}));
}

RC_GTEST_PROP(ListProps, IsFirstInFirstOutWithExitsInTheMiddle, ()) {
  Store store;
  List<Thing, &Thing::link> list;
  std::vector<uint32_t> model;
  for (uint32_t i = 0; i < 6; ++i) RC_ASSERT(static_cast<bool>(store.pool.Take()));
  for (int step = *rc::gen::inRange(0, 200); step > 0; --step) {
    const Slot<Thing> slot(*rc::gen::inRange<uint32_t>(0, 6));
    const auto at = std::find(model.begin(), model.end(), slot.index());
    RC_ASSERT(store.pool[slot].link.linked() == (at != model.end()));
    if (*rc::gen::inRange(0, 4) == 0) {
      const Slot<Thing> first = list.PopFront(store.pool);
      RC_ASSERT(static_cast<bool>(first) == !model.empty());
      if (!first) continue;
      RC_ASSERT(first.index() == model.front());
      model.erase(model.begin());
    } else if (at == model.end()) {
      list.PushBack(store.pool, slot);
      model.push_back(slot.index());
    } else {
      list.Remove(store.pool, slot);
      model.erase(at);
    }
    RC_ASSERT(list.size() == model.size());
    Slot<Thing> walk = list.front();
    for (const uint32_t index : model) {
      RC_ASSERT(walk.index() == index);
      walk = list.Next(store.pool, walk);
    }
    RC_ASSERT(!walk);
  }
}

}  // namespace
}  // namespace handfast
