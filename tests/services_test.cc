// The daemon's services on a simulated wire, where half a minute costs nothing.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "harness/app/daemon/echo.h"
#include "harness/app/daemon/http.h"
#include "harness/app/daemon/server.h"
#include "harness/sim/host.h"

namespace handfast {
namespace {

constexpr Port kEchoPort{7};
constexpr Port kHttpPort{80};

class ServicesTest : public testing::Test {
 protected:
  explicit ServicesTest(uint32_t sessions = 0, uint32_t chunks = 8192)
      : here_(lab_.AddHost(WithChunks(chunks))), server_(here_.stack(), sessions) {
    const auto listen = [&](Port port, Server::Factory factory) {
      const Errno error =
          server_.Listen(lab_.now(), {Addr::AnyV4(), port}, 8, "test", std::move(factory));
      EXPECT_EQ(error, Errno::kOk);
    };
    listen(kEchoPort,
           [&](Instant, SocketId id) { return std::make_unique<Echo>(here_.stack(), id); });
    listen(kHttpPort, [&](Instant now, SocketId id) {
      return std::make_unique<Http>(now, here_.stack(), id, site_);
    });
  }

  static Config WithChunks(uint32_t chunks) {
    Config config;
    config.chunks = chunks;
    return config;
  }

  void Run(Duration duration) {
    const Instant until = lab_.now() + duration;
    for (;;) {
      lab_.Settle();
      server_.Serve(lab_.now());
      const Instant next = Earliest(lab_.next_event(), server_.next_deadline());
      if (next <= lab_.now()) continue;
      if (next > until) break;
      lab_.RunUntil(next);
    }
    lab_.RunUntil(until);
  }

  SocketId Connect(Port port) {
    const Result<SocketId> id = peer().Connect(lab_.now(), {here_.addr(), port});
    EXPECT_TRUE(id);
    Run(10ms);
    EXPECT_EQ(peer().Status(*id)->state, State::kEstablished);
    return *id;
  }

  uint32_t Say(SocketId id, const std::string& text) {
    const Bytes octets{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    const Result<uint32_t> taken = peer().Write(lab_.now(), id, octets);
    Run(1ms);
    return taken ? *taken : 0;
  }

  // What has come, up to so many octets.
  std::string Hear(SocketId id, size_t most = 1 << 20) {
    std::string text(most, '\0');
    const Result<uint32_t> count =
        peer().Read(lab_.now(), id, {reinterpret_cast<uint8_t*>(text.data()), most});
    Run(1ms);
    text.resize(count ? *count : 0);
    return text;
  }

  bool IsReset(SocketId id) { return peer().Status(id)->error == Errno::kConnReset; }
  Stack& peer() { return there_.stack(); }
  uint32_t sessions(size_t entrance) const { return server_.entrances()[entrance].sessions; }

  Lab lab_{1};
  SimHost& here_;
  SimHost& there_ = lab_.AddHost();
  HttpSite site_ = {{"/", "text/html", [] { return std::string("page"); }}};
  Server server_;
};

class FewChunksTest : public ServicesTest {
 protected:
  FewChunksTest() : ServicesTest(0, 32) {}
};

class OneSessionTest : public ServicesTest {
 protected:
  OneSessionTest() : ServicesTest(1) {}
};

TEST_F(ServicesTest, AClientThatNeverAsksIsReset) {
  const SocketId id = Connect(kHttpPort);
  Run(29s);
  EXPECT_FALSE(IsReset(id));
  Run(1s);
  EXPECT_TRUE(IsReset(id));
  EXPECT_EQ(server_.sessions(), 0u);
}

TEST_F(ServicesTest, AClientThatAsksOneOctetAtATimeIsReset) {
  const SocketId id = Connect(kHttpPort);
  for (int i = 0; i < 3; ++i) {
    Say(id, "G");
    Run(9s);
  }
  EXPECT_FALSE(IsReset(id));
  Run(3s);
  EXPECT_TRUE(IsReset(id)) << "the request, not each octet, has its time";
}

TEST_F(ServicesTest, ASlowReaderIsServedAsLongAsHeReads) {
  const SocketId id = Connect(kHttpPort);
  Say(id, "GET /bytes/600000 HTTP/1.0\r\n\r\n");
  std::string heard;
  for (int i = 0; i < 40; ++i) {
    Run(20s);
    heard += Hear(id, 20'000);
  }
  const size_t head = heard.find("\r\n\r\n") + 4;
  EXPECT_EQ(heard.substr(head), NumberedLines(0, 600'000));
}

TEST_F(ServicesTest, AReaderWhoHasStoppedIsReset) {
  const SocketId id = Connect(kHttpPort);
  Say(id, "GET /bytes/600000 HTTP/1.0\r\n\r\n");
  Run(29s);
  EXPECT_EQ(server_.sessions(), 1u);
  Run(35s);
  EXPECT_EQ(server_.sessions(), 0u);
  EXPECT_EQ(here_.stack().counters()[Counter::kTcpOutRsts], 1u);
}

TEST_F(ServicesTest, APeerThatNeverEndsIsResetAfterTheAnswer) {
  const SocketId id = Connect(kHttpPort);
  Say(id, "GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(Hear(id).find("\r\n\r\npage"), std::string::npos);
  EXPECT_EQ(peer().Status(id)->state, State::kCloseWait);
  Run(61s);
  EXPECT_EQ(server_.sessions(), 0u);
}

TEST_F(ServicesTest, AnEchoHoldsNoMoreThanItsBuffers) {
  const SocketId id = Connect(kEchoPort);
  const std::string text(10'000, 'x');
  size_t said = 0;
  for (int i = 0; i < 200; ++i) {
    said += Say(id, text);
    Run(500ms);
  }
  // Both sides' send and receive buffers, and what the session itself keeps.
  EXPECT_LE(said, 4 * (128u << 10) + Pending::kCapacity);
  size_t heard = 0;
  while (heard < said) {
    const std::string more = Hear(id);
    heard += more.size();
    Run(1s);
    ASSERT_LT(lab_.now(), Instant(0) + 3600s);
  }
  EXPECT_EQ(heard, said);
}

TEST_F(OneSessionTest, OthersWaitTheirTurnInTheAcceptQueue) {
  const SocketId first = Connect(kEchoPort);
  const SocketId second = Connect(kEchoPort);
  Say(second, "second");
  Run(1s);
  EXPECT_EQ(sessions(0), 1u);
  EXPECT_EQ(here_.stack().Status(server_.entrances()[0].listener)->accept_queue, 1u);
  EXPECT_EQ(Hear(second), "");
  Connect(kHttpPort);
  EXPECT_EQ(sessions(1), 1u) << "each listener has its own limit";
  ASSERT_EQ(peer().Close(lab_.now(), first), Errno::kOk);
  Run(1s);
  EXPECT_EQ(Hear(second), "second");
  EXPECT_EQ(server_.entrances()[0].accepted, 2u);
}

// The response is longer than all chunks, and shorter than the send buffer. Run() would not
// come to an end if the session had something to do all the time.
TEST_F(FewChunksTest, WhoFindsNoChunkWaitsForOne) {
  const SocketId id = Connect(kHttpPort);
  Say(id, "GET /bytes/100000 HTTP/1.0\r\n\r\n");
  Run(10s);
  const std::string heard = Hear(id);
  EXPECT_EQ(heard.substr(heard.find("\r\n\r\n") + 4), NumberedLines(0, 100'000));
}

TEST_F(ServicesTest, AnEndTellsAllAndLeavesNothing) {
  const SocketId echo = Connect(kEchoPort);
  const SocketId http = Connect(kHttpPort);
  Say(echo, "hello");
  server_.Abort(lab_.now());
  Run(1s);
  EXPECT_TRUE(IsReset(echo));
  EXPECT_TRUE(IsReset(http));
  EXPECT_EQ(server_.octets_in(), 5u);
  EXPECT_EQ(here_.stack().tables().connections.used(), 0u);
  EXPECT_EQ(here_.stack().tables().listeners.used(), 0u);
}

TEST(NumberedLinesTest, AnyPartIsAPartOfTheWhole) {
  const std::string whole = NumberedLines(0, 100);
  EXPECT_EQ(whole.substr(0, 32), "000000000000000\n000000000000016\n");
  for (uint64_t from = 0; from <= 100; ++from)
    for (uint64_t to = from; to <= 100; ++to)
      ASSERT_EQ(NumberedLines(from, to), whole.substr(from, to - from)) << from << ' ' << to;
}

}  // namespace
}  // namespace handfast
