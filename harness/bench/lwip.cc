// Debian's liblwip, driven at the level of IP datagrams, with its core lock held: single
// threaded, no copies but what lwIP makes itself.

extern "C" {  // Debian's arch header forgets it
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
}

#include <cstdlib>
#include <cstring>

#include "harness/bench/subject.h"

namespace handfast::bench {
namespace {

// lwIP's callbacks know one world only.
struct LwipWorld {
  netif link{};
  tcp_pcb* listener = nullptr;
  std::vector<tcp_pcb*> accepted;
  std::vector<Wire> sent;
};

err_t Sent(netif* link, pbuf* p, const ip4_addr_t*) {
  auto* const world = static_cast<LwipWorld*>(link->state);
  Wire& wire = world->sent.emplace_back();
  wire.size = pbuf_copy_partial(p, wire.bytes.data(), sizeof wire.bytes, 0);
  return ERR_OK;
}

err_t Accepted(void* arg, tcp_pcb* pcb, err_t) {
  static_cast<LwipWorld*>(arg)->accepted.push_back(pcb);
  return ERR_OK;
}

err_t Connected(void*, tcp_pcb*, err_t) { return ERR_OK; }

err_t SetUp(netif* link) {
  link->mtu = 1500;
  link->output = Sent;
  return ERR_OK;
}

ip4_addr_t AddressOf(Addr addr) { return {lwip_htonl(addr.v4())}; }

class LwipSubject final : public Subject {
 public:
  LwipSubject() {
    tcpip_init(nullptr, nullptr);
    LOCK_TCPIP_CORE();
    const ip4_addr_t address = AddressOf(kServer);
    const ip4_addr_t mask = AddressOf(Addr::V4(255, 0, 0, 0));
    const ip4_addr_t gateway = AddressOf(Addr::V4(10, 0, 0, 2));
    netif_add(&world_.link, &address, &mask, &gateway, &world_, SetUp, ip4_input);
    netif_set_default(&world_.link);
    netif_set_up(&world_.link);
    netif_set_link_up(&world_.link);
    world_.sent.reserve(1024);
  }
  // The lock is never given back: lwIP's own thread must not run when its world is gone.

  void Listen() override {
    tcp_pcb* const pcb = tcp_new();
    if (tcp_bind(pcb, IP_ANY_TYPE, static_cast<uint16_t>(kServerPort)) != ERR_OK) std::abort();
    world_.listener = tcp_listen(pcb);
    tcp_arg(world_.listener, &world_);
    tcp_accept(world_.listener, Accepted);
  }

  void Input(std::span<const Wire> burst) override {
    for (const Wire& wire : burst) {
      pbuf* const p = pbuf_alloc(PBUF_RAW, static_cast<uint16_t>(wire.size), PBUF_REF);
      p->payload = const_cast<uint8_t*>(wire.bytes.data());
      if (ip4_input(p, &world_.link) != ERR_OK) std::abort();
    }
  }

  size_t Accept() override {
    fresh_.insert(fresh_.end(), world_.accepted.begin(), world_.accepted.end());
    const size_t count = world_.accepted.size();
    world_.accepted.clear();
    return count;
  }

  void Connect(size_t count) override {
    ip_addr_t server{};
    ip_addr_copy_from_ip4(server, AddressOf(Addr::V4(11, 0, 0, 1)));
    for (size_t i = 0; i < count; ++i) {
      tcp_pcb* const pcb = tcp_new();
      if (tcp_connect(pcb, &server, static_cast<uint16_t>(kServerPort), Connected) != ERR_OK)
        std::abort();
      fresh_.push_back(pcb);
    }
  }

  void AbortNew() override {
    for (tcp_pcb* const pcb : fresh_) tcp_abort(pcb);
    fresh_.clear();
    world_.sent.clear();
  }

  void KeepNew() override { fresh_.clear(); }
  void AbortKept(size_t) override {}

  std::vector<Answer> TakeAnswers() override {
    std::vector<Answer> answers;
    for (const Wire& wire : world_.sent) answers.push_back(ReadAnswer(wire.view()));
    world_.sent.clear();
    return answers;
  }

 private:
  LwipWorld world_;
  std::vector<tcp_pcb*> fresh_;
};

}  // namespace

std::unique_ptr<Subject> MakeLwip() { return std::make_unique<LwipSubject>(); }

}  // namespace handfast::bench
