// Scripts: what is printed is parsed, what is wrong is said, and what is expected comes.

#include "harness/op/script.h"

#include <gtest/gtest.h>

#include "harness/op/play.h"
#include "harness/sim/rng.h"

namespace handfast {
namespace {

Scenario Noise(uint64_t seed, size_t ops) {
  std::vector<uint8_t> noise(ops * Op::kOctets);
  SimRng(seed).Fill(noise);
  return Decode(noise);
}

std::string ErrorOf(std::string_view text) { return Parse(text).error; }

TEST(ScriptTest, WhatIsPrintedIsParsed) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Scenario scenario = Noise(seed, 40);
    const std::string text = Print(scenario, static_cast<uint8_t>(seed % kSetups));
    const Parsed parsed = Parse(text);
    ASSERT_TRUE(parsed.script) << parsed.error << "\n" << text;
    ASSERT_EQ(parsed.script->scenario(), scenario) << text;
    ASSERT_EQ(parsed.script->setup, seed % kSetups);
    ASSERT_EQ(parsed.script->steps.size(), scenario.size()) << "expectations from nowhere";
  }
}

TEST(ScriptTest, BlanksAndCommentsSayNothing) {
  const Parsed parsed = Parse(R"(
    # a comment

    +0.5<B:40001>80 S. rcv_nxt( 1 )ack snd_nxt win 9<mss 5 , nop,nop,ws 1>cut// another
    close ( 3 )
  )");
  ASSERT_TRUE(parsed.script) << parsed.error;
  EXPECT_EQ(Print(parsed.script->scenario()),
            "+.5 < B:40001 > 80  S. rcv_nxt(1) ack snd_nxt win 9 <mss 5,nop,ws 1> cut\n"
            "+0 close(3)\n");
}

TEST(ScriptTest, ErrorsSayWhereAndWhatWasExpected) {
  EXPECT_EQ(ErrorOf("\n+0 close(11)"),
            "line 2, column 10: expected a number from 3 to 10, found '11'");
  EXPECT_EQ(ErrorOf("+0 clos(3)"),
            "line 1, column 4: expected a call, a verb, '<' or '>', found 'clos'");
  EXPECT_EQ(ErrorOf("+0 close(3"),
            "line 1, column 11: expected ')', found the end of the line");
  EXPECT_EQ(ErrorOf("+0 close(3) close(4)"),
            "line 1, column 13: expected the end of the line, found 'close'");
  EXPECT_EQ(ErrorOf("+0 < B:81 > 80 S 0(0) win 1"),
            "line 1, column 8: expected 40000, 40001, 80 or 50000, found '81'");
  EXPECT_EQ(ErrorOf("+0 < B:80 > 80 SX 0(0) win 1"),
            "line 1, column 16: expected flags of FSRP.UEW, or 'none', found 'SX'");
  EXPECT_EQ(ErrorOf("+0 < B:80 > 80 S 0(0) win 1 <mss 5,mss 6>"),
            "line 1, column 36: expected each option once, found 'mss'");
  EXPECT_EQ(ErrorOf("? TcpExt.Nothing=1"),
            "line 1, column 3: expected fd, synq, acceptq, on_the_way, state or a counter, "
            "found 'TcpExt.Nothing'");
  EXPECT_EQ(
      ErrorOf("+.0001"),
      "line 1, column 2: expected seconds, to the millisecond, up to 2099999, found '.0001'");
  EXPECT_FALSE(Parse("+0 close(3)\n+0 close(11)").script) << "half of it";
}

TEST(ScriptTest, APassiveOpen) {
  EXPECT_EQ(Plays(R"(
    +0  socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
    +0  bind(3, 80) = 0
    +0  listen(3, 1) = 0
    +0  < B:40001 > 80  S 1000(0) win 65535 <mss 1460>
    +0  > B:40001  S. 0:0(0) ack 1 <mss 1460>
     ?  synq 1 acceptq 0
    +0  accept(3, ..., ...) = 4 EAGAIN
    +1  > B:40001  S. 0 ack 1 win 16060 <...>            // nobody has answered
     ?  TcpExt.TCPTimeouts=1
    +.1 < B:40001 > 80  . 1001(0) ack snd_nxt win 65535
     ?  synq 0 acceptq 1
    +0  accept(3, ..., ...) = 4
     ?  state 4 ESTABLISHED  Tcp.CurrEstab=1
    +0  < to 4  P. rcv_nxt(100) ack snd_nxt win 65535
    +0  read(4, ..., 1000) = 100
    +0  read(4, ..., 1000) = -1 EAGAIN (Resource temporarily unavailable)
    +.04 > B:40001  . 1 ack 101
    +0  close(4)
    +0  > B:40001  F. 1 ack 101
  )"),
            "");
}

TEST(ScriptTest, WhatIsNotSoStandsBesideWhatIsExpected) {
  EXPECT_EQ(Plays("+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, 80) = EINVAL\n"),
            "line 2: +0 bind(3, 80) = EINVAL\n  expected: EINVAL\n  actual:   0");
  const std::string listening = R"(+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, 80)
+0 listen(3, 1)
+0 < B:40001 > 80  S 1000(0) win 65535
)";
  EXPECT_EQ(Plays(listening + "? synq 2"),
            "line 5: ? synq 2\n  expected: synq 2\n  actual:   synq 1");
  EXPECT_EQ(Plays(listening + "+.5 > B:40001  S. 0 ack 1 <...>"),
            "line 5: +.5 > B:40001  S. 0 ack 1 <...>\n"
            "  expected: B:40001  S. 0 ack 1 <...>\n"
            "  actual:   B:40001  S. 0 ack 1 win 16060 <mss 1460>, 500 ms before this line");
  EXPECT_EQ(Plays(listening + "+0 > B:40001  S. 0 ack 1 <...>\n+0 > B:40001  . 0 ack 1"),
            "line 6: +0 > B:40001  . 0 ack 1\n  expected: B:40001  . 0 ack 1\n"
            "  actual:   nothing");
  EXPECT_EQ(Plays(listening + "+0 > B:40001  S. 0 ack 1 <...>\n+1"),
            "at the end\n  expected: nothing more is sent\n"
            "  actual:   B:40001  S. 0 ack 1 win 16060 <mss 1460>");
}

}  // namespace
}  // namespace handfast
