// TapLink: a link over a descriptor that carries one frame a read and a write: a TAP device of
// Linux (Ethernet), a TUN device (bare IP), or a SOCK_DGRAM or SOCK_SEQPACKET socket (a test,
// a virtual machine).
//
// Never blocks. While a device is down what is sent is lost, as on a cable that was pulled. A
// device or peer that is gone for good shows in error().

#ifndef HARNESS_TAP_TAP_LINK_H_
#define HARNESS_TAP_TAP_LINK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/framing.h"
#include "stack/base/units.h"
#include "stack/env.h"
#include "stack/wire/ethernet.h"

namespace handfast {

class TapLink final : public Link {
 public:
  // A link; or errno's number, and a sentence that says what to do.
  struct Opened {
    std::unique_ptr<TapLink> link;
    int error = 0;
    std::string why;
  };

  // 1 to 15 characters that the kernel takes as they are.
  static bool CanName(const std::string& name);

  // The TAP (kEthernet) or TUN (kIp) device of this name; made if there is none, gone again
  // with the link then. Another process's device is busy.
  static Opened Open(const std::string& name, Framing framing);
  // A descriptor that was opened by somebody else; the link closes it. A device tells its
  // framing, for a socket it is Ethernet unless said. Devices must have been opened with
  // IFF_NO_PI and without IFF_VNET_HDR.
  static Opened Adopt(int fd, std::optional<Framing> framing);

  ~TapLink();
  TapLink(const TapLink&) = delete;
  TapLink& operator=(const TapLink&) = delete;

  size_t Receive(std::span<Bytes> frames) override;
  size_t Transmit(std::span<const Bytes> frames) override;

  // To wait on. Readable, or in error: Receive has something to do.
  int fd() const { return fd_; }
  Framing framing() const { return framing_; }
  // Of the device; "" of a socket.
  const std::string& name() const { return name_; }
  // Errno's number once the device or the peer is gone for good, else 0. The link is dead
  // then: nothing is received, nothing sent.
  int error() const { return error_; }

  // Of a device opened by name, at this instant; nullopt otherwise.
  std::optional<uint32_t> DeviceMtu() const;
  std::optional<Mac> DeviceMac() const;  // the kernel's, on its side of a TAP
  std::optional<bool> DeviceUp() const;

 private:
  enum class Kind : uint8_t { kDevice, kDatagramSocket, kPacketSocket };

  TapLink(int fd, Kind kind, Framing framing, std::string name);
  // The size of a frame; nullopt: none now, or never again.
  std::optional<size_t> ReceiveOne(MutableBytes room);
  bool TransmitOne(Bytes frame);

  int fd_;
  Kind kind_;
  Framing framing_;
  bool by_name_ = false;
  int error_ = 0;
  std::string name_;
  std::vector<uint8_t> memory_;
};

}  // namespace handfast

#endif  // HARNESS_TAP_TAP_LINK_H_
