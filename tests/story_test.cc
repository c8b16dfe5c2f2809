// Stories: scenarios as they were played.

#include "harness/op/story.h"

#include <gtest/gtest.h>

#include "harness/op/script.h"

namespace handfast {
namespace {

Scenario Written(std::string_view text) {
  const Parsed parsed = Parse(text);
  EXPECT_EQ(parsed.error, "");
  return parsed.script ? parsed.script->scenario() : Scenario{};
}

TEST(StoryTest, EachLineIsFollowedByWhatCameOfIt) {
  const Scenario scenario = Written(R"(
    +0  socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
    +0  bind(3, 80)
    +0  listen(3, 1)
    +0  < B:40001 > 80  S 1000(0) win 65535 <mss 1460>
    +0  < B:40001 > 80  . rcv_nxt(0) ack snd_nxt win 65535 tcp_checksum
    +0  < B:40001 > 80  . rcv_nxt(0) ack snd_nxt win 65535
    +0  accept(3, ..., ...) = 4
    +0  close(4)
    +1.5
    +0  accept(3, ..., ...) = 4
  )");
  const std::string story = StoryOf(scenario);
  EXPECT_EQ(Written(story), scenario) << "a story is a script";
  const auto tells = [&story](std::string_view what) {
    return story.find(what) != std::string::npos;
  };
  EXPECT_TRUE(
      tells("\n+0 < B:40001 > 80  S 1000(0) win 65535 <mss 1460>\n"
            "    // < B:40001  S 0 win 65535 <mss 1460>: LISTEN -> SYN-RECEIVED: "
            "queue a request, answer with SYN-ACK\n"
            "    // > B:40001  S. 0 ack 1 win 16060 <mss 1460>\n"));
  EXPECT_TRUE(tells("    // < a damaged segment: dropped: bad TCP checksum\n"));
  EXPECT_TRUE(tells("SYN-RECEIVED -> ESTABLISHED: establish\n+0 accept"));
  EXPECT_TRUE(tells("    // > B:40001  F. 1 ack 1 win 16060: queued output"));
  EXPECT_TRUE(tells("\n+1.5\n    // +.")) << "when the FIN was sent again";
  EXPECT_TRUE(tells("    // = EAGAIN\n"));
}

}  // namespace
}  // namespace handfast
