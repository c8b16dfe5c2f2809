// TapLink over sockets: what a device does that needs no right to make one.

#include "harness/tap/tap_link.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "harness/tap/os_clock.h"
#include "harness/tap/os_rng.h"

namespace handfast {
namespace {

// A link, and the other end of its wire.
struct Wire {
  explicit Wire(int type, std::optional<Framing> framing = std::nullopt) {
    std::array<int, 2> fds{};
    EXPECT_EQ(socketpair(AF_UNIX, type, 0, fds.data()), 0);
    far = fds[1];
    TapLink::Opened opened = TapLink::Adopt(fds[0], framing);
    EXPECT_EQ(opened.why, "");
    link = std::move(opened.link);
  }
  ~Wire() { CutOff(); }
  void CutOff() {
    if (far >= 0) close(std::exchange(far, -1));
  }

  std::unique_ptr<TapLink> link;
  int far = -1;
};

std::vector<std::vector<uint8_t>> ReceiveAll(TapLink& link, size_t most = 8) {
  std::vector<Bytes> views(most);
  views.resize(link.Receive(views));
  std::vector<std::vector<uint8_t>> frames;
  for (const Bytes view : views) frames.emplace_back(view.begin(), view.end());
  return frames;
}

TEST(TapLinkTest, ReceivesWhatIsThereAndNeverBlocks) {
  Wire wire(SOCK_DGRAM);
  EXPECT_TRUE(ReceiveAll(*wire.link).empty());
  const std::vector<std::vector<uint8_t>> sent = {{1}, {2, 2}, {3, 3, 3}};
  for (const auto& frame : sent)
    ASSERT_EQ(write(wire.far, frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
  EXPECT_EQ(ReceiveAll(*wire.link), sent);
  EXPECT_TRUE(ReceiveAll(*wire.link).empty());
  EXPECT_EQ(wire.link->error(), 0);
}

TEST(TapLinkTest, ABurstIsAsLongAsItWasAskedFor) {
  Wire wire(SOCK_DGRAM);
  for (uint8_t i = 0; i < 5; ++i) ASSERT_EQ(write(wire.far, &i, 1), 1);
  EXPECT_EQ(ReceiveAll(*wire.link, 3).size(), 3u);
  EXPECT_EQ(ReceiveAll(*wire.link, 3).size(), 2u);
}

TEST(TapLinkTest, TheLongestFramesAreNotCut) {
  Wire wire(SOCK_SEQPACKET);
  const std::vector<uint8_t> jumbo(65535 + 14, 7);
  for (int i = 0; i < 2; ++i)
    ASSERT_EQ(write(wire.far, jumbo.data(), jumbo.size()), static_cast<ssize_t>(jumbo.size()));
  const auto frames = ReceiveAll(*wire.link);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0], jumbo);
  EXPECT_EQ(frames[1], jumbo);
}

TEST(TapLinkTest, SendsUntilTheWireIsFullAndSaysHowMany) {
  Wire wire(SOCK_DGRAM);
  const std::vector<uint8_t> frame(1500, 1);
  const std::vector<Bytes> burst(32, Bytes(frame));
  size_t sent = 0;
  size_t taken = burst.size();
  while (taken == burst.size()) sent += taken = wire.link->Transmit(burst);
  EXPECT_GT(sent, 0u);
  EXPECT_EQ(wire.link->error(), 0) << "full is not gone";
  std::array<uint8_t, 2000> room{};
  size_t arrived = 0;
  while (recv(wire.far, room.data(), room.size(), MSG_DONTWAIT) == 1500) ++arrived;
  EXPECT_EQ(arrived, sent);
  EXPECT_EQ(wire.link->Transmit(std::span(burst).first(1)), 1u);
}

TEST(TapLinkTest, APeerThatIsGoneShows) {
  Wire packets(SOCK_SEQPACKET);
  packets.CutOff();
  EXPECT_TRUE(ReceiveAll(*packets.link).empty());
  EXPECT_EQ(packets.link->error(), ECONNRESET);

  Wire datagrams(SOCK_DGRAM);
  datagrams.CutOff();
  const std::vector<uint8_t> frame(60, 1);
  EXPECT_EQ(datagrams.link->Transmit(std::vector<Bytes>{frame}), 0u);
  EXPECT_EQ(datagrams.link->error(), ECONNREFUSED);
}

TEST(TapLinkTest, ASocketIsEthernetUnlessSaid) {
  EXPECT_EQ(Wire(SOCK_DGRAM).link->framing(), Framing::kEthernet);
  EXPECT_EQ(Wire(SOCK_SEQPACKET, Framing::kIp).link->framing(), Framing::kIp);
  EXPECT_EQ(Wire(SOCK_DGRAM).link->name(), "");
  EXPECT_EQ(Wire(SOCK_DGRAM).link->DeviceMtu(), std::nullopt);
}

TEST(TapLinkTest, WhatKeepsNoFramesApartIsRefused) {
  std::array<int, 2> fds{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  const int null = open("/dev/null", O_RDWR);
  for (const int fd : {fds[0], null}) {
    const TapLink::Opened opened = TapLink::Adopt(fd, std::nullopt);
    EXPECT_EQ(opened.link, nullptr);
    EXPECT_EQ(opened.error, EINVAL);
    EXPECT_NE(opened.why.find("SOCK_SEQPACKET"), std::string::npos) << opened.why;
    EXPECT_EQ(close(fd), 0) << "what was refused was not closed";
  }
  close(fds[1]);
  EXPECT_EQ(TapLink::Adopt(null, std::nullopt).error, EBADF);
}

TEST(TapLinkTest, NamesThatTheKernelWouldChangeAreRefused) {
  for (const char* name : {"", "sixteen-letters-", "tap%d", "a/b", "a b", "..", "eth0:1"})
    EXPECT_EQ(TapLink::Open(name, Framing::kEthernet).error, EINVAL) << name;
  EXPECT_TRUE(TapLink::CanName("fifteen-letters"));
}

TEST(OsClockTest, NeverStepsBack) {
  OsClock clock;
  Instant before = clock.Now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = clock.Now();
    ASSERT_GE(now, before);
    before = now;
  }
  EXPECT_GT(before, Instant(0));
}

TEST(OsRngTest, FillsAllOfIt) {
  OsRng rng;
  // The kernel gives 256 octets at most where it is interrupted.
  std::vector<uint8_t> a(1000), b(1000);
  rng.Fill(a);
  rng.Fill(b);
  EXPECT_NE(a, b);
  EXPECT_NE(std::vector(a.end() - 32, a.end()), std::vector<uint8_t>(32, 0));
}

}  // namespace
}  // namespace handfast
