// Writes the named seeds: fuzz_seeds FOLDER makes FOLDER/TARGET/NAME. One for each thing that
// a target must come across and that chance finds slowly.

#include <filesystem>
#include <fstream>
#include <string>

#include "harness/fuzz/scenario_seeds.h"
#include "harness/world.h"

namespace handfast {
namespace {

namespace fs = std::filesystem;

constexpr Mac kOurs{{2, 0, 10, 0, 0, 1}}, kTheirs{{2, 0, 10, 0, 0, 2}};
const Flow kFlow{kThere, kHere, Port{40000}, kHttp};

class Folder {
 public:
  explicit Folder(const fs::path& path) : path_(path) { fs::create_directories(path); }
  void Write(const std::string& name, Bytes octets) const {
    std::ofstream file(path_ / name, std::ios::binary);
    for (const uint8_t octet : octets) file.put(static_cast<char>(octet));
  }
  void Frame(const std::string& name, const Datagram& datagram) const {
    Write(name, SealEthernet(kOurs, kTheirs, kEtherTypeIpv4, datagram));
  }

 private:
  fs::path path_;
};

TcpPacket PacketWith(unsigned flags, const OptionList& options, size_t text) {
  TcpPacket packet;
  packet.flow = kFlow;
  packet.seq = 1000;
  packet.ack = (flags & kAck) != 0 ? 2000 : 0;
  packet.flags = flags;
  packet.options = options;
  packet.text = Text(0, text);
  return packet;
}

Datagram ArpFrame(const Mac& destination, const Arp& arp) {
  std::vector<uint8_t> octets(Arp::kLength);
  arp.Emit(octets.data());
  return SealEthernet(destination, kTheirs, kEtherTypeArp, octets);
}

void WriteFrames(const Folder& to) {
  to.Write("arp-request",
           ArpFrame(kBroadcastMac, {Arp::Operation::kRequest, kTheirs, kThere, Mac{}, kHere}));
  to.Write("arp-reply",
           ArpFrame(kOurs, {Arp::Operation::kReply, kTheirs, kThere, kOurs, kHere}));
  to.Frame("syn-of-linux", PacketWith(kSyn, OptionList::Usual(5), 0).Seal());
  to.Frame("syn-asks-for-ecn", PacketWith(kSyn | kEce | kCwr, OptionList::Usual(5), 0).Seal());
  to.Frame(
      "syn-with-fastopen-cookie",
      PacketWith(kSyn, OptionList().Mss(1460).Raw({34, 10, 1, 2, 3, 4, 5, 6, 7, 8}), 3).Seal());
  to.Frame("syn-with-experimental-fastopen",
           PacketWith(kSyn, OptionList().Mss(1460).Raw({254, 4, 0xf9, 0x89}), 0).Seal());
  OptionList md5;
  md5.Raw({19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}).Mss(1000);
  to.Frame("syn-with-md5", PacketWith(kSyn, md5, 0).Seal());
  to.Frame("synack", PacketWith(kSyn | kAck, OptionList::Usual(5, 6), 0).Seal());
  const OptionList stamps = OptionList().Nop(2).Timestamps(7, 8);
  to.Frame("text", PacketWith(kAck | kPsh, stamps, 11).Seal());
  to.Frame(
      "sack-of-three",
      PacketWith(kAck, OptionList(stamps).Nop(2).Sack({{1, 2}, {3, 4}, {5, 6}}), 0).Seal());
  to.Frame("fin", PacketWith(kFin | kAck, OptionList(), 0).Seal());
  to.Frame("rst", PacketWith(kRst, OptionList(), 0).Seal());
  to.Frame("malformed-options", PacketWith(kSyn, OptionList().Mss(9).Raw({8, 60}), 0).Seal());
  Ipv4Packet routed;
  routed.source = kThere;
  routed.destination = kHere;
  routed.payload = PacketWith(kSyn, OptionList(), 0).SealSegment();
  routed.options = {0x83, 7, 4, 10, 0, 0, 9};
  to.Frame("source-route", routed.Seal());
  routed.payload.clear();
  routed.options = {1, 1, 1, 7};
  to.Frame("ip-option-without-length", routed.Seal());
  to.Frame("echo", IcmpEcho(kThere, kHere, Text(0, 5)));
  TcpPacket ours;
  ours.flow = kFlow.Reversed();
  ours.seq = 5;
  const auto about = [&](int type, int code, uint16_t mtu) {
    return IcmpErrorAbout(ours.Seal(), kThere, static_cast<uint8_t>(type),
                          static_cast<uint8_t>(code), mtu);
  };
  to.Frame("port-unreachable", about(3, 3, 0));
  to.Frame("fragmentation-needed", about(3, 4, 1000));
  to.Frame("time-exceeded", about(11, 0, 0));
}

void WriteOptions(const Folder& to) {
  to.Write("usual", OptionList::Usual(1, 2).bytes());
  to.Write("every-kind", OptionList()
                             .Mss(1)
                             .Scale(15)
                             .SackPermitted()
                             .Sack({{1, 2}})
                             .Raw({34, 2, 77, 3, 0, 0})
                             .bytes());
  to.Write("stamps-aligned", OptionList().Nop(2).Timestamps(1, 2).bytes());
  to.Write("repeated", OptionList().Mss(1000).Mss(1460).Scale(3).Scale(14).bytes());
  to.Write("too-long", OptionList().Mss(1460).Raw({8, 11, 0, 0}).bytes());
}

// The other targets read one step from each octet or few; ehash_fuzz.cc and its like say how.
std::vector<uint8_t> Octets(size_t count, uint8_t (*at)(size_t)) {
  std::vector<uint8_t> octets(count);
  for (size_t i = 0; i < count; ++i) octets[i] = at(i);
  return octets;
}

void WriteTables(const fs::path& root) {
  const Folder ehash(root / "ehash"), wheel(root / "wheel"), pool(root / "pool");
  ehash.Write("fill-and-empty-backwards",
              Octets(126, [](size_t i) { return static_cast<uint8_t>(i < 63 ? i : 125 - i); }));
  ehash.Write("one-home-overflows-and-moves-back", Octets(32, [](size_t i) {
                return static_cast<uint8_t>(i < 16 ? 4 + i / 8 + i % 8 * 8 : 4 + i % 16 * 8);
              }));
  ehash.Write("replace-in-place", Octets(20, [](size_t i) {
                return static_cast<uint8_t>(i < 10 ? i : 192 + i % 10);
              }));
  // Arms timers on all levels, then lets as much time pass.
  wheel.Write("every-level", Octets(129, [](size_t i) {
                const size_t step = (i - 1) / 2;
                if (i == 0) return uint8_t{0};
                if (i % 2 == 1) return static_cast<uint8_t>(step < 32 ? step % 16 : 128 + 15);
                return static_cast<uint8_t>(step % 32);
              }));
  wheel.Write("neighbours-due-together", Octets(37, [](size_t i) {
                return static_cast<uint8_t>(i % 2 == 1 && i < 33 ? i / 2 : i < 33 ? 3 : 143);
              }));
  pool.Write("full-then-stale-handles", Octets(64, [](size_t i) {
               if (i < 8) return uint8_t{0};
               if (i < 14) return static_cast<uint8_t>(2 + (i - 8) * 4);
               return static_cast<uint8_t>(i < 20 ? 0 : i % 2 == 0 ? 1 : i);
             }));
  pool.Write("list-exits-in-the-middle", Octets(20, [](size_t i) {
               constexpr uint8_t kOrder[] = {3, 7, 11, 15, 19, 23, 11, 3, 23, 11, 3, 7, 15, 19};
               return i < 6 ? uint8_t{0} : kOrder[i - 6];
             }));
}

void WriteQueues(const fs::path& root) {
  const Folder chunks(root / "chunks"), port(root / "port");
  chunks.Write("both-queues-full", Octets(32, [](size_t i) {
                 return static_cast<uint8_t>(i % 2 == 0 ? i / 2 % 2 : 44);
               }));
  chunks.Write("early-text-merges", Octets(40, [](size_t i) {
                 return static_cast<uint8_t>(i % 2 == 0 ? 3 : i % 3 * 2 + 1);
               }));
  // Six sockets take all ports to one peer; a seventh finds none; one gives its own back.
  port.Write("range-exhausted", Octets(60, [](size_t i) {
               if (i < 9) return uint8_t{0};
               return static_cast<uint8_t>(i % 2 == 1 ? 3 + (i - 9) / 2 * 8 : 0);
             }));
  port.Write(
      "bound-listening-and-refused", Octets(40, [](size_t i) {
        if (i < 6) return uint8_t{0};
        return static_cast<uint8_t>(i < 20 ? (i % 2 == 0 ? 1 + i * 8 : 64 + i) : 6 + i * 8);
      }));
}

void WriteAll(const fs::path& root) {
  WriteFrames(Folder(root / "frame"));
  WriteOptions(Folder(root / "options"));
  WriteTables(root);
  WriteQueues(root);
  for (const Seed& seed : ScenarioSeeds())
    Folder(root / seed.target).Write(seed.name, seed.octets);
  // With room for what is to be found, and no more.
  Folder(root / "canary").Frame("syn", PacketWith(kSyn, OptionList(), 8).Seal());
}

}  // namespace
}  // namespace handfast

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path root = argv[1];
  handfast::WriteAll(root);
}
