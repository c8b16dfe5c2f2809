#include "harness/tap/poller.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "harness/tap/os_clock.h"

namespace handfast {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(fds.data()), 0); }
  ~Pipe() {
    close(fds[0]);
    close(fds[1]);
  }
  int in() const { return fds[0]; }
  void Write() const { EXPECT_EQ(write(fds[1], "x", 1), 1); }
  std::array<int, 2> fds{};
};

// Three pipes, watched with the tokens 1, 2 and 3.
class PollerTest : public testing::Test {
 protected:
  PollerTest() {
    poller_.Watch(a_.in(), POLLIN, 1);
    poller_.Watch(b_.in(), POLLIN, 2);
    poller_.Watch(c_.in(), POLLIN, 3);
  }

  OsClock clock_;
  Poller poller_;
  const Pipe a_, b_, c_;
};

TEST_F(PollerTest, TellsWhoIsReadyWithItsToken) {
  b_.Write();
  const auto ready = poller_.Wait(clock_, Instant::Never());
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].fd, b_.in());
  EXPECT_EQ(ready[0].token, 2u);
  EXPECT_EQ(ready[0].events, POLLIN);
}

TEST_F(PollerTest, ForgetsWithoutLosingOthers) {
  a_.Write();
  c_.Write();
  poller_.Forget(a_.in());
  poller_.Forget(a_.in());
  auto ready = poller_.Wait(clock_, Instant::Never());
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].token, 3u);
  poller_.Watch(c_.in(), POLLIN, 4);
  ready = poller_.Wait(clock_, Instant::Never());
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].token, 4u);
  poller_.Forget(c_.in());
  EXPECT_TRUE(poller_.Wait(clock_, clock_.Now()).empty());
}

TEST_F(PollerTest, ADeadlineIsNotMissedAndNotEarly) {
  const Instant deadline = clock_.Now() + 3ms;
  EXPECT_TRUE(poller_.Wait(clock_, deadline).empty());
  EXPECT_GE(clock_.Now(), deadline);
  EXPECT_TRUE(poller_.Wait(clock_, Instant(0)).empty()) << "what is past does not wait";
}

}  // namespace
}  // namespace handfast
