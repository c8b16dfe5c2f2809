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

TEST(PollerTest, TellsWhoIsReadyWithItsToken) {
  OsClock clock;
  Poller poller;
  const Pipe a, b, c;
  poller.Watch(a.in(), POLLIN, 1);
  poller.Watch(b.in(), POLLIN, 2);
  poller.Watch(c.in(), POLLIN, 3);
  b.Write();
  const auto ready = poller.Wait(clock, Instant::Never());
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].fd, b.in());
  EXPECT_EQ(ready[0].token, 2u);
  EXPECT_EQ(ready[0].events, POLLIN);
}

TEST(PollerTest, ForgetsWithoutLosingOthers) {
  OsClock clock;
  Poller poller;
  const Pipe a, b, c;
  poller.Watch(a.in(), POLLIN, 1);
  poller.Watch(b.in(), POLLIN, 2);
  poller.Watch(c.in(), POLLIN, 3);
  a.Write();
  c.Write();
  poller.Forget(a.in());
  poller.Forget(a.in());
  auto ready = poller.Wait(clock, Instant::Never());
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].token, 3u);
  poller.Watch(c.in(), POLLIN, 4);
  ready = poller.Wait(clock, Instant::Never());
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].token, 4u);
  poller.Forget(c.in());
  EXPECT_TRUE(poller.Wait(clock, clock.Now()).empty());
}

TEST(PollerTest, ADeadlineIsNotMissedAndNotEarly) {
  OsClock clock;
  Poller poller;
  const Pipe quiet;
  poller.Watch(quiet.in(), POLLIN);
  const Instant deadline = clock.Now() + 3ms;
  EXPECT_TRUE(poller.Wait(clock, deadline).empty());
  EXPECT_GE(clock.Now(), deadline);
  EXPECT_TRUE(poller.Wait(clock, Instant(0)).empty()) << "what is past does not wait";
}

}  // namespace
}  // namespace handfast
