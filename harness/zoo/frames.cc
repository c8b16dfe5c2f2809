#include "harness/zoo/frames.h"

#include <algorithm>
#include <iterator>

#include "harness/fuzz/frame_mutation.h"
#include "harness/fuzz/seal.h"
#include "harness/oracle/read.h"
#include "harness/reference/options.h"
#include "harness/world.h"
#include "harness/zoo/trial.h"
#include "stack/wire/parse.h"

namespace handfast::zoo {
namespace {

constexpr size_t kRoom = 256;

// A change that knows nothing, as an engine has it: the generator of one call is seeded by
// what is to be changed.
size_t Blind(uint8_t* data, size_t size, size_t room) {
  SimRng rng(size == 0 ? 1 : data[size / 2] * 977u + data[size - 1] + size * 31);
  if (rng.Chance(100)) return std::min<size_t>(room, size + rng.Below(8));
  if (size > 0 && rng.Chance(150)) return size - rng.Below(std::min<size_t>(size, 24));
  for (uint64_t left = rng.Within(1, 4); size > 0 && left > 0; --left)
    data[rng.Below(size)] = static_cast<uint8_t>(rng.Next());
  return size;
}

}  // namespace

Datagram DrawHonest(SimRng& rng) {
  constexpr unsigned kFlags[] = {kSyn, kSyn, kAck, kAck | kPsh, kAck | kFin, kRst, kSyn | kAck};
  TcpPacket packet;
  packet.flow = {Addr::V4(10, 0, 0, static_cast<uint8_t>(3 + rng.Below(3))), kHere,
                 Port{static_cast<uint16_t>(40000 + rng.Below(2))}, kHttp};
  packet.flags = kFlags[rng.Below(std::size(kFlags))];
  packet.seq = static_cast<uint32_t>(rng.Below(3)) + 1000;
  packet.ack = (packet.flags & kAck) != 0 ? static_cast<uint32_t>(rng.Next()) : 0;
  if (rng.Chance(600)) packet.options = OptionList::Usual(100);
  if ((packet.flags & kPsh) != 0) packet.text = Text(0, rng.Below(64));
  if (rng.Chance(850)) return packet.Seal();
  std::swap(packet.flow.local, packet.flow.peer);
  return IcmpErrorAbout(packet.Seal(), Addr::V4(10, 0, 0, 9), 3,
                        static_cast<uint8_t>(rng.Below(5)), 600, 20 + rng.Below(20));
}

Datagram DrawMutant(SimRng& rng) {
  Datagram frame = SealEthernet(Mac{}, Mac{}, kEtherTypeIpv4, DrawHonest(rng));
  size_t size = frame.size();
  frame.resize(kRoom);
  for (uint64_t left = rng.Within(1, 3); left > 0; --left)
    size = MutateFrame(frame, size, Blind, rng);
  frame.resize(size);
  return {frame.begin() + static_cast<std::ptrdiff_t>(std::min(size, kEthernetHeader)),
          frame.end()};
}

Datagram DrawOctets(SimRng& rng) {
  Datagram datagram = DrawHonest(rng);
  if (rng.Chance(250)) {
    datagram.resize(rng.Below(128));
    rng.Fill(datagram);
    return datagram;
  }
  for (uint64_t left = rng.Below(9); left > 0; --left)
    datagram[rng.Below(datagram.size())] = static_cast<uint8_t>(rng.Next());
  SealDatagram(datagram, Sealed::kChecksums);
  return datagram;
}

namespace {

// The octets of a segment's option list. REQUIRES: both headers are whole.
reference::List OptionsOf(Bytes datagram) {
  const Bytes tcp = datagram.subspan((datagram[0] & 15) * size_t{4});
  return {tcp.begin() + 20, tcp.begin() + (tcp[12] >> 4) * 4};
}

std::string CompareSegments(const Segment& a, const Segment& b, Bytes datagram) {
  const bool same = a.flow == b.flow && a.seq == b.seq && a.ack == b.ack &&
                    a.flags == b.flags && a.window == b.window && a.tos == b.tos &&
                    std::ranges::equal(a.text, b.text);
  if (!same) return "a segment is read as another one";
  const std::string is = reference::Meaning(a.options);
  const std::string wanted = reference::Meaning(reference::WalkOptions(OptionsOf(datagram)));
  return is == wanted ? "" : "options are read as " + is + " and not as " + wanted;
}

std::string Compare(const Arrival& arrival, const oracle::Reading& wanted, Bytes datagram) {
  using What = oracle::Reading::What;
  const bool too_long = wanted.drop == Drop::kIcmpTooLong;  // the parser leaves that to others
  switch (arrival.what) {
    case Arrival::What::kNothing:
      return wanted.what == What::kNothing ? "" : "what is right is dropped";
    case Arrival::What::kEcho:
      return wanted.what == What::kEcho || too_long ? "" : "what is wrong is an echo";
    case Arrival::What::kIcmpError:
      if (wanted.what != What::kIcmpError) return "what is wrong is an ICMP error";
      return arrival.error.flow == wanted.flow && arrival.error.seq.raw() == wanted.seq &&
                     arrival.error.mtu == wanted.mtu
                 ? ""
                 : "a quote is read as another one";
    case Arrival::What::kTcp:
      if (wanted.what != What::kSegment) return "what is wrong is a segment";
      return CompareSegments(arrival.segment, wanted.segment, datagram);
  }
  return "";
}

}  // namespace

Caught CompareReaders(Bytes datagram) {
  static const Config kConfig = SmallConfig();
  const ExactBytes exact(datagram);
  for (const OnMalformedOptions malformed :
       {OnMalformedOptions::kDrop, OnMalformedOptions::kIgnore}) {
    Config config = kConfig;
    config.malformed_options = malformed;
    Arrival arrival;
    Parse(exact, config.locals(), {malformed, true}, arrival);
    const oracle::Reading wanted = oracle::ReadDatagram(exact, config);
    if (std::string what = Compare(arrival, wanted, exact); !what.empty())
      return Catch{"reader", what};
  }
  return std::nullopt;
}

Caught TryFrame(uint64_t seed) {
  SimRng rng(seed);
  return CompareReaders(DrawMutant(rng));
}

Caught TryBurst(uint64_t seed) {
  SimRng rng(seed);
  World one(SmallConfig(), seed), other(SmallConfig(), seed);
  one.set_audits(World::Audits::kNone);
  for (World* world : {&one, &other}) (void)world->Listen(2);
  std::vector<Datagram> datagrams(rng.Within(2, 12));
  for (Datagram& datagram : datagrams)
    datagram = rng.Chance(800) ? DrawHonest(rng) : DrawMutant(rng);
  const std::vector<Bytes> views(datagrams.begin(), datagrams.end());
  OwnedTxBurst together(64, 1500), single(64, 1500);
  if (one.stack().Input(one.now(), views, together) != views.size())
    return Catch{"burst", "not all of a burst is taken"};
  for (const Bytes& view : views) (void)other.stack().Input(other.now(), {&view, 1}, single);
  bool same = together.size() == single.size() && one.stack() == other.stack();
  for (size_t i = 0; same && i < together.size(); ++i)
    same = std::ranges::equal(together[i], single[i]);
  if (same) return std::nullopt;
  return Catch{"burst", "datagrams in one burst do something else than one by one"};
}

}  // namespace handfast::zoo
