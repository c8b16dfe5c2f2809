// A play is a value: a copy goes on as the original does, bit for bit (I-02, I-85).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/op/arbitrary.h"
#include "harness/op/play.h"

namespace handfast {
namespace {

RC_GTEST_PROP(CopyProps, ACopyAfterEachOpChangesNothing, (const AnyScenario& any)) {
  Play one(any.setup);
  Play copied(any.setup);
  for (const Op& op : any.ops) {
    one.Do(op);
    Play copy = copied;
    copy.Do(op);
    copied = copy;
    RC_ASSERT(one.stack() == copied.stack());
    RC_ASSERT(one.peer_stack() == copied.peer_stack());
    RC_ASSERT(one.now() == copied.now());
  }
}

// What a copy does is nothing to the original.
RC_GTEST_PROP(CopyProps, CopiesGoTheirOwnWays, (const AnyScenario& any)) {
  Play one(any.setup);
  Play other(any.setup);
  for (size_t i = 0; i < any.ops.size(); ++i) {
    one.Do(any.ops[i]);
    other.Do(any.ops[i]);
    Play lost = other;
    lost.Do(any.ops[any.ops.size() - 1 - i]);
  }
  RC_ASSERT(one.stack() == other.stack());
}

RC_GTEST_PROP(CopyProps, ASnapshotIsWhatItWas, (const AnyScenario& any)) {
  Op snapshot, restore;
  snapshot.verb = Verb::kSnapshot;
  restore.verb = Verb::kRestore;
  Play play(any.setup);
  for (const Op& op : any.ops) {
    if (op.verb == Verb::kSnapshot || op.verb == Verb::kRestore) continue;
    if (op.verb == Verb::kRestart) continue;  // the snapshot is forgotten, too
    play.Do(snapshot);
    const OwnedStack before(play.stack());
    const Instant then = play.now();
    play.Do(op);
    play.Do(restore);
    RC_ASSERT(play.wrong() == "");
    // If time has passed then timers have fired again.
    if (play.now() == then) RC_ASSERT(play.stack() == *before);
    play.Do(op);
  }
}

}  // namespace
}  // namespace handfast
