// handfast simulate: two stacks on a simulated wire. A visit in each direction, a listener in
// distress, and a long talk.

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "harness/app/commands.h"
#include "harness/app/simulation.h"
#include "harness/capture/ladder.h"
#include "harness/capture/observer.h"
#include "harness/capture/pcapng.h"

namespace handfast {
namespace {

constexpr Duration kPause = 1s;  // between the parts of a capture

struct Arguments {
  SimulationOptions simulation;
  double loss = 0, duplicate = 0, reorder = 0, corrupt = 0;  // per cent
  double delay = 0.1;                                        // ms
  double seconds = 60, hours = 0;
  std::string pcap;
  bool ladder = false, no_ladder = false, json = false, ascii = false;
};

// What the first host sees, of all parts, in one file.
class Recorder {
 public:
  explicit Recorder(const std::string& path) : path_(path) {
    if (path.empty()) return;
    errno = 0;
    file_.open(path, std::ios::binary);
    if (!file_)
      Complain("the file cannot be written: " + std::string(std::strerror(errno)));
    else
      writer_.emplace(
          file_, PcapngWriter::Options{
                     Framing::kEthernet, "handfast simulate", "host 1 of the simulation", {}});
  }

  // From now on.
  Observer& Attach(SimHost& host) {
    Observer& observer = observers_.emplace_back(Framing::kEthernet);
    host.pump().set_tap(observer.tap());
    return observer;
  }
  void Record(SimHost& host) {
    if (writer_) Record(Attach(host));
  }
  void Record(Observer& observer) {
    observer.AddSink([this](const FrameStory& story) {
      if (writer_ && !writer_->Write(story)) Complain(writer_->error());
    });
  }

  // True if there is a file, all of it.
  bool Finish() {
    if (writer_ && !writer_->Flush()) Complain(writer_->error());
    return !failed_;
  }
  bool failed() const { return failed_; }

 private:
  void Complain(const std::string& why) {
    std::cerr << "handfast: --pcap " << path_ << ": " << why << "\n";
    failed_ = true;
  }

  std::string path_;
  std::ofstream file_;
  std::optional<PcapngWriter> writer_;
  std::deque<Observer> observers_;
  bool failed_ = false;
};

// One line on a terminal that is written over and over; silent in a pipe.
class Progress {
 public:
  void Say(const std::string& what) {
    if (!terminal_ || what == said_) return;
    std::cerr << "\r\033[K" << what << std::flush;
    said_ = what;
  }
  void End() { Say(""); }

 private:
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  std::string said_;
};

// A visit in each direction. When the next part may begin.
Instant PayVisits(Simulation& simulation, Recorder& recorder, const ShowOptions& show) {
  Lab lab(simulation.options.seed);
  lab.AddHost(SoakOptions::DeskConfig());
  lab.AddHost(SoakOptions::DeskConfig());
  lab.wire().set_faults(simulation.options.faults);
  Ladder ladder({Ladder::View::kBothSides, 16, 48});
  Observer& first = recorder.Attach(lab.host(0));
  ladder.Watch(first);
  ladder.Watch(recorder.Attach(lab.host(1)));
  recorder.Record(first);
  const auto drawing = show.ascii ? Ladder::Drawing::kAscii : Ladder::Drawing::kUnicode;
  for (const size_t visitor : {size_t{1}, size_t{0}}) {
    const size_t before = ladder.flows().size();
    VisitStory& story = simulation.visits.emplace_back();
    story.from = lab.host(visitor).addr();
    story.to = lab.host(1 - visitor).addr();
    story.result = Visit(lab, visitor, 1 - visitor);
    // Where not even ARP is answered no segment leaves.
    if (ladder.flows().size() > before)
      story.ladder = ladder.Draw(*ladder.flows().back(), drawing);
  }
  return lab.now() + kPause;
}

Simulation Simulate(const SimulationOptions& options, Recorder& recorder,
                    const ShowOptions& show) {
  Progress progress;
  Simulation simulation;
  simulation.options = options;
  progress.Say("visits");
  const auto record = [&recorder](Lab& lab) { recorder.Record(lab.host(0)); };

  SiegeOptions siege;
  siege.start = PayVisits(simulation, recorder, show);
  siege.seed = options.seed;
  siege.faults = options.faults;
  siege.config = SoakOptions::DeskConfig();
  siege.prepare = record;
  progress.Say("a listener in distress");
  simulation.siege = Siege(siege);

  SoakOptions soak;
  soak.start = simulation.siege.end + kPause;
  soak.seed = options.seed;
  soak.faults = options.faults;
  soak.duration = options.duration;
  soak.prepare = record;
  soak.progress = [&](Duration done) {
    progress.Say("talk: " + std::to_string(done * 100 / options.duration) + " %");
  };
  simulation.soak = Soak(soak);
  progress.End();
  return simulation;
}

uint32_t PerMille(double per_cent) { return static_cast<uint32_t>(std::lround(per_cent * 10)); }

Duration FromMilliseconds(double ms) {
  return Duration(static_cast<int64_t>(std::llround(ms * 1e6)));
}

int Run(const Arguments& arguments) {
  SimulationOptions options = arguments.simulation;
  options.faults.loss = PerMille(arguments.loss);
  options.faults.duplicate = PerMille(arguments.duplicate);
  options.faults.reorder = PerMille(arguments.reorder);
  options.faults.corrupt = PerMille(arguments.corrupt);
  options.faults.delay_min = options.faults.delay_max = FromMilliseconds(arguments.delay);
  const double seconds = arguments.hours > 0 ? arguments.hours * 3600 : arguments.seconds;
  options.duration = FromMilliseconds(seconds * 1000);

  Recorder recorder(arguments.pcap);
  if (recorder.failed()) return 2;  // as for any value that cannot be
  const ShowOptions show{arguments.json ? arguments.ladder : !arguments.no_ladder,
                         arguments.ascii};
  const Simulation simulation = Simulate(options, recorder, show);
  const bool recorded = recorder.Finish();
  std::cout << (arguments.json ? ShowJson(simulation, show) : ShowText(simulation, show));
  return simulation.wrong().empty() && recorded ? 0 : 1;
}

// CLI::Range lets NaN pass.
std::string IsNumber(const std::string& text) {
  return std::isnan(std::strtod(text.c_str(), nullptr)) ? "is not a number" : "";
}

std::string IsSeed(const std::string& text) {
  if (std::string wrong = IsDecimal(text); !wrong.empty()) return wrong;
  errno = 0;
  static_cast<void>(std::strtoull(text.c_str(), nullptr, 10));
  return errno == ERANGE ? "must be below 2^64" : "";
}

}  // namespace

void AddSimulate(CLI::App& app, Command& chosen) {
  const auto arguments = std::make_shared<Arguments>();
  Arguments& a = *arguments;
  CLI::App& command = *app.add_subcommand("simulate", "Two stacks on a simulated wire");
  command.footer(
      "Shows a visit in each direction as a ladder, a listener whose queues are full, and\n"
      "users who talk for some time. All is checked. The same options give the same output.\n"
      "Percentages are rounded to tenths.\n"
      "Exit status: 0 all is well, 1 something was wrong, 2 wrong usage.");
  command
      .add_option("--seed", a.simulation.seed, "What all chance follows from; 1 unless given")
      ->check(IsSeed)
      ->option_text("N");
  const auto share = [&command](const char* name, double& value, const char* what) {
    command.add_option(name, value, what)
        ->check(CLI::Range(0.0, 100.0))
        ->check(IsNumber)
        ->option_text("PERCENT");
  };
  share("--loss", a.loss, "Frames that are lost");
  share("--duplicate", a.duplicate, "Frames that arrive twice");
  share("--reorder", a.reorder, "Frames that are overtaken");
  share("--corrupt", a.corrupt, "Frames of which one bit is turned over");
  command.add_option("--delay", a.delay, "How long a frame takes; 0.1 unless given")
      ->check(CLI::Range(0.0, 60'000.0))
      ->check(IsNumber)
      ->option_text("MS");
  CLI::Option* const seconds =
      command.add_option("--seconds", a.seconds, "How long users talk; 60 unless given")
          ->check(CLI::Range(1.0, 1e8))
          ->check(IsNumber)
          ->option_text("S");
  command.add_option("--hours", a.hours, "The same, in hours")
      ->check(CLI::Range(1e-3, 1e5))
      ->check(IsNumber)
      ->option_text("H")
      ->excludes(seconds);
  command.add_option("--pcap", a.pcap, "Writes what the first host sees, for Wireshark")
      ->check(NotEmpty)
      ->option_text("FILE");
  CLI::Option* const ladder =
      command.add_flag("--ladder", a.ladder, "Shows the visits as ladders, also with --json");
  ladder->option_text(" ");
  command.add_flag("--no-ladder", a.no_ladder, "Does not show them")
      ->excludes(ladder)
      ->option_text(" ");
  command.add_flag("--ascii", a.ascii, "Draws without Unicode");
  command.add_flag("--json", a.json, "For machines");
  command.callback([arguments, &chosen] { chosen = [arguments] { return Run(*arguments); }; });
}

}  // namespace handfast
