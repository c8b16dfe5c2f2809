// Captures of a simulated session, judged by tshark.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "harness/capture/observer.h"
#include "harness/capture/pcapng.h"
#include "harness/sim/host.h"
#include "harness/sim/traffic.h"

namespace handfast {
namespace {

std::string OutputOf(const std::string& command) {
  std::string output;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "no pipe";
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) output += static_cast<char>(c);
  const int status = pclose(pipe);
  return status == 0 ? output : output + "exit status " + std::to_string(status);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// What was told of a session over a wire that loses and doubles frames, as captures of
// both kinds, and what they must say.
class TsharkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("tshark --version > /dev/null 2>&1") != 0)
      GTEST_SKIP() << "tshark is missing";
    std::ofstream ethernet_out(ethernet_, std::ios::binary), ip_out(ip_, std::ios::binary);
    PcapngWriter ethernet(ethernet_out, {Framing::kEthernet, "test", "tap0", 1'700'000'000s});
    PcapngWriter ip(ip_out, {Framing::kIp, "test", "tun0", {}});
    Lab lab(3);
    SimHost& host = lab.AddHost();
    lab.AddHost();
    Faults faults;
    faults.loss = faults.duplicate = 50;
    lab.wire().set_faults(faults);
    Observer observer(Framing::kEthernet);
    observer.AddSink([&](const FrameStory& story) {
      ASSERT_TRUE(ethernet.Write(story));
      const std::string direction =
          story.direction == Direction::kIn ? "0x00000001" : "0x00000002";
      said_.push_back("tap0|" + direction + "|" + Comment(story));
      if (story.datagram.empty()) return;
      ASSERT_TRUE(ip.Write(story.at, story.direction, story.datagram, Comment(story)));
      ++datagrams_;
    });
    host.pump().set_tap(observer.tap());
    Traffic traffic(lab, {}, 3);
    for (const Instant end = lab.now() + 20s; lab.now() < end;) {
      lab.Step(Earliest(end, traffic.next_event()));
      traffic.Turn();
    }
  }

  void TearDown() override {
    std::remove(ethernet_.c_str());
    std::remove(ip_.c_str());
  }

  static std::string Tshark(const std::string& file, const std::string& arguments) {
    return OutputOf("tshark -n -r " + file +
                    " -d tcp.port==1-65535,data -o tcp.check_checksum:TRUE"
                    " -o ip.check_checksum:TRUE " +
                    arguments + " 2>&1 | grep -v 'Running as user'");
  }

  const std::string stem_ = testing::TempDir() + "handfast-" + std::to_string(getpid());
  const std::string ethernet_ = stem_ + "-ethernet.pcapng";
  const std::string ip_ = stem_ + "-ip.pcapng";
  std::vector<std::string> said_;  // interface, flags and comment of each frame
  size_t datagrams_ = 0;
};

constexpr char kBad[] =
    "-Y '_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0'";

TEST_F(TsharkTest, ReadsFramesWithInterfaceDirectionAndComment) {
  const std::vector<std::string> read =
      Lines(Tshark(ethernet_,
                   "-T fields -E separator='|' -e frame.interface_name "
                   "-e frame.packet_flags -e frame.comment"));
  EXPECT_GT(said_.size(), 1000u);
  EXPECT_EQ(read, said_);
  const std::string first = Tshark(ethernet_, "-c 1 -T fields -e frame.time_epoch");
  EXPECT_EQ(first, "1700000001.000000000\n");
}

TEST_F(TsharkTest, FindsNoMalformedPacketAndNoBadChecksum) {
  EXPECT_EQ(Tshark(ethernet_, kBad), "exit status 256") << "grep found nothing";
  EXPECT_EQ(Tshark(ip_, kBad), "exit status 256");
  const std::string good = Tshark(ip_, "-Y 'tcp.checksum.status == 1' -T fields -e ip.proto");
  EXPECT_EQ(Lines(good).size(), datagrams_);
}

}  // namespace
}  // namespace handfast
