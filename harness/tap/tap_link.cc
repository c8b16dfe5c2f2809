#include "harness/tap/tap_link.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace handfast {
namespace {

constexpr size_t kLongestFrame = 65535 + 18;  // with a VLAN tag
constexpr size_t kMemory = 4 * 65536;         // for the frames of a burst

const char* KindName(Framing framing) { return framing == Framing::kEthernet ? "TAP" : "TUN"; }

TapLink::Opened No(int error, std::string why) { return {nullptr, error, std::move(why)}; }

// Why a device could not be opened.
TapLink::Opened Refused(const std::string& name, Framing framing, int error) {
  const std::string kind = KindName(framing);
  const std::string mode = framing == Framing::kEthernet ? "tap" : "tun";
  switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return No(error,
                "there is no /dev/net/tun: load it (modprobe tun), let it into the "
                "container, or pass an open descriptor (--fd)");
    case EPERM:
    case EACCES:
      return No(error, "no right to open the " + kind + " device " + name +
                           ": run as root, let root make it (ip tuntap add dev " + name +
                           " mode " + mode + " user $USER), or pass an open descriptor (--fd)");
    case EBUSY: return No(error, "the device " + name + " is in use by another process");
    case EINVAL: return No(error, "there is a device " + name + ", but it is no " + kind);
  }
  return No(error, "cannot open the " + kind + " device " + name + ": " + std::strerror(error));
}

ifreq RequestFor(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

// Asks the kernel about a network device of this name.
std::optional<ifreq> Ask(const std::string& name, unsigned long question) {
  ifreq request = RequestFor(name);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  const bool answered = ioctl(fd, question, &request) == 0;
  close(fd);
  if (!answered) return std::nullopt;
  return request;
}

// Does the descriptor give frames as they are, and nothing before them?
bool IsPlain(unsigned flags) { return (flags & IFF_NO_PI) != 0 && (flags & IFF_VNET_HDR) == 0; }

bool IsNothing(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

// What is sent now is lost; later it may go better. EIO: the device is down.
bool IsLoss(int error) {
  return IsNothing(error) || error == EIO || error == ENETDOWN || error == EMSGSIZE ||
         error == EINVAL;
}

}  // namespace

bool TapLink::CanName(const std::string& name) {
  const auto bad = [](char c) { return c <= ' ' || c == '/' || c == '%' || c == ':'; };
  return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(), bad);
}

TapLink::TapLink(int fd, Kind kind, Framing framing, std::string name)
    : fd_(fd), kind_(kind), framing_(framing), name_(std::move(name)), memory_(kMemory) {}

TapLink::~TapLink() { close(fd_); }

TapLink::Opened TapLink::Open(const std::string& name, Framing framing) {
  if (!CanName(name)) return No(EINVAL, "'" + name + "' cannot be the name of a device");
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return Refused(name, framing, errno);
  ifreq request = RequestFor(name);
  const int kind = framing == Framing::kEthernet ? IFF_TAP : IFF_TUN;
  request.ifr_flags = static_cast<short>(kind | IFF_NO_PI);
  if (ioctl(fd, TUNSETIFF, &request) != 0) {
    const int error = errno;
    close(fd);
    return Refused(name, framing, error);
  }
  Opened opened;
  opened.link.reset(new TapLink(fd, Kind::kDevice, framing, name));
  opened.link->by_name_ = true;
  return opened;
}

TapLink::Opened TapLink::Adopt(int fd, std::optional<Framing> framing) {
  const std::string subject = "descriptor " + std::to_string(fd);
  const int status = fcntl(fd, F_GETFL);
  if (status < 0) return No(EBADF, subject + " is not open");
  Kind kind = Kind::kDevice;
  std::string name;
  ifreq request{};
  int type = 0;
  socklen_t size = sizeof type;
  if (ioctl(fd, TUNGETIFF, &request) == 0) {
    const auto flags = static_cast<unsigned short>(request.ifr_flags);
    const Framing found = (flags & IFF_TAP) != 0 ? Framing::kEthernet : Framing::kIp;
    name = request.ifr_name;
    if (!IsPlain(flags))
      return No(EINVAL, subject + ": open " + name + " with IFF_NO_PI, without IFF_VNET_HDR");
    if (framing.value_or(found) != found)
      return No(EINVAL, subject + " is the " + KindName(found) + " device " + name);
    framing = found;
  } else if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
             (type == SOCK_DGRAM || type == SOCK_SEQPACKET)) {
    kind = type == SOCK_DGRAM ? Kind::kDatagramSocket : Kind::kPacketSocket;
  } else {
    return No(EINVAL, subject +
                          " is neither a TAP or TUN device nor a socket that keeps "
                          "frames apart (SOCK_DGRAM, SOCK_SEQPACKET)");
  }
  if (fcntl(fd, F_SETFL, status | O_NONBLOCK) != 0)
    return No(errno, subject + " cannot be made non-blocking");
  Opened opened;
  opened.link.reset(new TapLink(fd, kind, framing.value_or(Framing::kEthernet), name));
  return opened;
}

size_t TapLink::Receive(std::span<Bytes> frames) {
  size_t used = 0;
  size_t count = 0;
  while (count < frames.size() && error_ == 0 && memory_.size() - used >= kLongestFrame) {
    const MutableBytes room = MutableBytes(memory_).subspan(used);
    const std::optional<size_t> size = ReceiveOne(room);
    if (!size) break;
    frames[count++] = room.first(*size);
    used += (*size + 63) / 64 * 64;
  }
  return count;
}

std::optional<size_t> TapLink::ReceiveOne(MutableBytes room) {
  for (;;) {
    const ssize_t got = read(fd_, room.data(), room.size());
    if (got > 0 || (got == 0 && kind_ == Kind::kDatagramSocket))
      return static_cast<size_t>(got);
    if (got == 0) error_ = ECONNRESET;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && !IsNothing(errno)) error_ = errno;
    return std::nullopt;
  }
}

size_t TapLink::Transmit(std::span<const Bytes> frames) {
  size_t count = 0;
  while (count < frames.size() && error_ == 0 && TransmitOne(frames[count])) ++count;
  return count;
}

bool TapLink::TransmitOne(Bytes frame) {
  for (;;) {
    const ssize_t put = kind_ == Kind::kDevice
                            ? write(fd_, frame.data(), frame.size())
                            : send(fd_, frame.data(), frame.size(), MSG_NOSIGNAL);
    if (put >= 0) return true;
    if (errno == EINTR) continue;
    if (!IsLoss(errno)) error_ = errno;
    return false;
  }
}

std::optional<uint32_t> TapLink::DeviceMtu() const {
  const std::optional<ifreq> answer = by_name_ ? Ask(name_, SIOCGIFMTU) : std::nullopt;
  if (!answer) return std::nullopt;
  return static_cast<uint32_t>(answer->ifr_mtu);
}

std::optional<Mac> TapLink::DeviceMac() const {
  const std::optional<ifreq> answer = by_name_ ? Ask(name_, SIOCGIFHWADDR) : std::nullopt;
  if (!answer || answer->ifr_hwaddr.sa_family != ARPHRD_ETHER) return std::nullopt;
  Mac mac;
  std::memcpy(mac.octets.data(), answer->ifr_hwaddr.sa_data, mac.octets.size());
  return mac;
}

std::optional<bool> TapLink::DeviceUp() const {
  const std::optional<ifreq> answer = by_name_ ? Ask(name_, SIOCGIFFLAGS) : std::nullopt;
  if (!answer) return std::nullopt;
  return (answer->ifr_flags & IFF_UP) != 0;
}

}  // namespace handfast
