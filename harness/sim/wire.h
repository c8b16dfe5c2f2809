// Wire: a simulated Ethernet segment with several stations, and everything that can go wrong
// between them. Frames take time; some are lost, doubled, overtaken or damaged.
//
// SimLink: a station's end of the wire, as the stack's Link.

#ifndef HARNESS_SIM_WIRE_H_
#define HARNESS_SIM_WIRE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "harness/sim/clock.h"
#include "harness/sim/rng.h"
#include "stack/base/time.h"
#include "stack/base/units.h"
#include "stack/env.h"

namespace handfast {

// Chances are per mille of the frames.
struct Faults {
  uint32_t loss = 0;
  uint32_t duplicate = 0;
  uint32_t reorder = 0;  // delayed by up to `reorder_by` more
  uint32_t corrupt = 0;  // one bit turned over
  uint32_t refuse = 0;   // Transmit does not take it
  Duration delay_min = 100us;
  Duration delay_max = 100us;
  Duration reorder_by = 20ms;
};

class Wire {
 public:
  using Frame = std::vector<uint8_t>;
  enum class Fate : uint8_t { kDelivered, kLost, kDamaged, kRefused };
  // Sees each frame that a station sends, and whether it will get through undamaged.
  using Watch = std::function<void(Instant, size_t station, Bytes frame, Fate)>;
  // Decides in place of chance, of the n-th frame, counted from 0.
  using Judge = std::function<Fate(uint64_t number)>;

  Wire(SimClock& clock, uint64_t seed) : clock_(clock), rng_(seed) {}

  void set_faults(const Faults& faults) { faults_ = faults; }
  void set_watch(Watch watch) { watch_ = std::move(watch); }
  void set_judge(Judge judge) { judge_ = std::move(judge); }

  size_t AddStation();
  // To all other stations. False: not taken.
  bool Send(size_t from, Bytes frame);
  // A frame that was not even tried, as one before it was not taken.
  void NoteRefused(size_t from, Bytes frame);
  // The next frame that has come to a station by now, or an empty one.
  Frame Receive(size_t station);
  bool HasFrame(size_t station) const;
  // When the next frame comes to a station.
  Instant next_arrival(size_t station) const;

 private:
  Fate Draw();
  void Deliver(size_t to, Bytes frame);

  SimClock& clock_;
  SimRng rng_;
  Faults faults_;
  Watch watch_;
  Judge judge_;
  uint64_t offered_ = 0;
  // By arrival, then by the order of sending.
  std::vector<std::map<std::pair<uint64_t, uint64_t>, Frame>> stations_;
  uint64_t sent_ = 0;
};

class SimLink final : public Link {
 public:
  explicit SimLink(Wire& wire) : wire_(wire), station_(wire.AddStation()) {}
  size_t Receive(std::span<Bytes> frames) override;
  size_t Transmit(std::span<const Bytes> frames) override;
  size_t station() const { return station_; }

 private:
  Wire& wire_;
  size_t station_;
  std::vector<Wire::Frame> received_;
};

}  // namespace handfast

#endif  // HARNESS_SIM_WIRE_H_
