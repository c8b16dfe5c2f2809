// The urgent pointer points; text is text (RFC 9293 §3.8.5). Incidents 17, 18 and 19.

#include <gtest/gtest.h>

#include "harness/audit.h"
#include "harness/session.h"

namespace handfast {
namespace {

constexpr uint16_t kPointers[] = {0, 1, 9, 10, 11, 65535};

TcpPacket Urgent(const Session& s, unsigned flags, uint16_t pointer, size_t octets) {
  TcpPacket packet = s.peer.Make(flags | kUrg, Text(0, octets));
  packet.urgent = pointer;
  return packet;
}

// MUST-30, MUST-31.
TEST(UrgentTest, WhereverItPointsTheTextIsReadWhole) {
  for (const size_t octets : {0u, 1u, 10u})
    for (const uint16_t pointer : kPointers) {
      Session s;
      s.world.Inject(Urgent(s, kAck, pointer, octets));
      EXPECT_EQ(s.Read(), Text(0, octets)) << octets << " octets, pointer " << pointer;
      EXPECT_EQ(s.ReadError(), Errno::kAgain) << "a reader comes to an end of it";
      EXPECT_EQ(s.state(), State::kEstablished);
      EXPECT_EQ(AuditText(s.stack()), "");
    }
}

TEST(UrgentTest, ItChangesNothingOfFinAndRst) {
  for (const uint16_t pointer : kPointers) {
    Session fin, rst;
    fin.world.Inject(Urgent(fin, kAck | kFin, pointer, 10));
    EXPECT_EQ(fin.state(), State::kCloseWait);
    EXPECT_EQ(fin.Read(), Text(0, 10));
    rst.world.Inject(Urgent(rst, kRst, pointer, 10));
    EXPECT_EQ(rst.state(), State::kClosed);
    EXPECT_EQ(rst.status().unread, 0u) << "SHLD-2: the text of a RST is not for the user";
  }
}

// Beyond a closed window urgent text is text, too; its ACK is taken (MUST-66).
TEST(UrgentTest, AClosedWindowTakesNoUrgentText) {
  SessionOptions options;
  options.config.socket.receive_buffer = 500;
  Session s(options);
  s.Tell(0, 500);
  s.world.Inject(Urgent(s, kAck, 5, 10));
  EXPECT_EQ(s.status().unread, 500u);
  EXPECT_EQ(s.Said(), "ack 500");
}

}  // namespace
}  // namespace handfast
