// kVersion: what --version says.

#ifndef HARNESS_APP_VERSION_H_
#define HARNESS_APP_VERSION_H_

namespace handfast {

#ifdef HANDFAST_VERSION  // the build's
inline constexpr char kVersion[] = HANDFAST_VERSION;
#else
inline constexpr char kVersion[] = "(no version)";
#endif

}  // namespace handfast

#endif  // HARNESS_APP_VERSION_H_
