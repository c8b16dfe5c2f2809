// Scenarios of which something was wrong once. `handfast repro` writes them.

#include <gtest/gtest.h>

#include "harness/app/reproduction.h"

namespace handfast {
namespace {

std::string Wrong(std::string_view script) {
  const Loaded loaded = Load(script);
  if (!loaded.what) return loaded.error;
  return WrongOfCase(*loaded.what, [] {});
}

// Text behind a segment whose data offset covers some of it was taken for an error.
TEST(RegressTest, ADataOffsetThatLiesIsASegmentIfItFits) {
  EXPECT_EQ(Wrong(R"(
+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, 80)
+0 listen(3, 1)
+0 < B:40001 > 80  S 1000(0) win 65535
+0 < B:40001 > 80  . rcv_nxt(0) ack snd_nxt win 65535
+0 < B:40001 > 80  P. rcv_nxt(100) ack snd_nxt win 65535 data_offset
+0 accept(3, ..., ...) = 4
+0 read(4, ..., 200)
)"),
            "");
}

}  // namespace
}  // namespace handfast
