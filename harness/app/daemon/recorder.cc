#include "harness/app/daemon/recorder.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "harness/app/daemon/words.h"
#include "harness/app/version.h"

namespace handfast {
namespace {

// Of Instant 0, by the calendar.
Duration EpochOf(Instant now) {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  const auto since = std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
  return since - Duration(static_cast<int64_t>(now.ns()));
}

}  // namespace

Recorder::Recorder(const DaemonOptions& options, Framing framing, const std::string& link,
                   Instant now)
    : observer_(framing), path_(options.pcap) {
  if (options.ladder) ladder_.emplace(Ladder::Options{Ladder::View::kOneSide, 16, 24});
  if (ladder_) ladder_->Watch(observer_);
  if (path_.empty()) return;
  errno = 0;
  file_.open(path_, std::ios::binary | std::ios::trunc);
  if (!file_)
    throw Mistake("--pcap " + path_ + ": the file cannot be written: " + std::strerror(errno));
  pcapng_.emplace(file_, PcapngWriter::Options{framing, std::string("handfastd ") + kVersion,
                                               link, EpochOf(now)});
  observer_.AddSink([this](const FrameStory& story) { Note(story); });
}

void Recorder::Attach(Pump& pump) {
  if (pcapng_ || ladder_) pump.set_tap(observer_.tap());
}

void Recorder::Note(const FrameStory& story) {
  if (!pcapng_->Write(story)) Complain();
}

void Recorder::Flush() {
  if (!pcapng_ || pcapng_->frames() == flushed_) return;
  flushed_ = pcapng_->frames();
  if (!pcapng_->Flush()) Complain();
}

std::string Recorder::Ladders() const {
  std::string text;
  if (!ladder_) return text;
  for (const LadderFlow* const flow : ladder_->flows()) text += ladder_->Draw(*flow) + '\n';
  return text;
}

void Recorder::Complain() {
  std::fprintf(stderr, "handfastd: --pcap %s: %s; the capture ends here\n", path_.c_str(),
               pcapng_->error().c_str());
}

}  // namespace handfast
