// NotifySystemd: what systemd wants to know of a service of Type=notify (sd_notify(3)).

#ifndef HARNESS_APP_DAEMON_NOTIFY_H_
#define HARNESS_APP_DAEMON_NOTIFY_H_

#include <string>

namespace handfast {

// One datagram to $NOTIFY_SOCKET, such as "READY=1"; nothing where there is none.
void NotifySystemd(const std::string& state);

}  // namespace handfast

#endif  // HARNESS_APP_DAEMON_NOTIFY_H_
