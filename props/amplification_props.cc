// Who has not shown that he is where he says is no weapon against others: what leaves for
// him is little, and bounded by what came (I-67, C14, F-48).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness/world.h"

namespace handfast {
namespace {

struct Said {
  unsigned flags;
  uint32_t seq, ack;
  uint16_t port;
  uint16_t length;
  bool usual;  // options
  int wait_ms;
};

std::vector<Said> AnyTalk() {
  const auto one = rc::gen::exec([] {
    return Said{*rc::gen::weightedOneOf<unsigned>({{3, rc::gen::just<unsigned>(kSyn)},
                                                   {2, rc::gen::inRange<unsigned>(0, 256)}}),
                *rc::gen::element<uint32_t>(1000, 1001, 5000),
                *rc::gen::arbitrary<uint32_t>(),
                *rc::gen::element<uint16_t>(80, 81),
                *rc::gen::element<uint16_t>(0, 0, 1, 500),
                *rc::gen::arbitrary<bool>(),
                *rc::gen::element(0, 0, 1, 600, 1100, 200'000)};
  });
  return *rc::gen::container<std::vector<Said>>(one);
}

RC_GTEST_PROP(AmplificationProps, AtMostThreeLeaveForOneThatCame, ()) {
  World world(SmallConfig());
  world.Listen();
  uint64_t came = 0, came_octets = 0, left = 0, left_octets = 0;
  const auto count = [&] {
    for (const Datagram& datagram : world.Take()) {
      ++left;
      left_octets += datagram.size();
      const std::optional<Seen> seen = Read(datagram);
      RC_ASSERT(seen.has_value());
      RC_ASSERT(seen->text.empty());
    }
  };
  for (const Said& said : AnyTalk()) {
    TcpPacket packet;
    packet.flow = {kThere, kHere, Port{40000}, Port{said.port}};
    packet.flags = said.flags;
    packet.seq = said.seq;
    packet.ack = said.ack;
    packet.text = Text(0, said.length);
    if (said.usual) packet.options = OptionList::Usual(5);
    const Datagram datagram = packet.Seal();
    ++came;
    came_octets += datagram.size();
    const uint64_t before = left;
    const Verdict verdict = world.Inject(datagram);
    RC_PRE(verdict.action != Action::kEstablish);  // he has guessed 32 bits
    count();
    RC_ASSERT(left <= before + 1);
    world.Advance(std::chrono::milliseconds(said.wait_ms));
    count();
    RC_ASSERT(left <= 3 * came);
  }
  world.Advance(1h);
  count();
  RC_ASSERT(left <= 3 * came);
  // An answer is as long as what it answers, but for an MSS or timestamps.
  RC_ASSERT(left_octets <= 3 * (came_octets + 12 * came));
}

}  // namespace
}  // namespace handfast
