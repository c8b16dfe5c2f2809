#include "stack/tables.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace handfast {

static_assert(std::has_unique_object_representations_v<Listener>);
static_assert(std::has_unique_object_representations_v<Request>);
static_assert(std::has_unique_object_representations_v<Connection>);
static_assert(std::has_unique_object_representations_v<TimeWait>);
static_assert(std::has_unique_object_representations_v<Chunk>);
static_assert(std::has_unique_object_representations_v<Ehash::Bucket>);
static_assert(std::has_unique_object_representations_v<PortBucket>);

namespace {

uint32_t FlowBuckets(const Config& config) {
  return Ehash::BucketsFor(config.requests + config.connections + config.time_waits);
}

uint32_t PortBuckets(const Config& config) {
  const uint32_t holders = config.listeners + config.connections;
  return std::bit_ceil(std::clamp<uint32_t>(holders, 16, 65536));
}

// Walks the block: hands out an array after the other, each on a cache line of its own.
class Carver {
 public:
  explicit Carver(std::byte* block) : block_(block), used_(sizeof(Tables)) {}

  template <typename T>
  std::span<T> Take(size_t count) {
    static_assert(alignof(T) <= kTablesAlignment);
    used_ = (used_ + kTablesAlignment - 1) / kTablesAlignment * kTablesAlignment;
    std::byte* const at = block_ == nullptr ? nullptr : block_ + used_;
    used_ += count * sizeof(T);
    return {reinterpret_cast<T*>(at), block_ == nullptr ? 0 : count};
  }

  size_t used() const { return used_; }

 private:
  std::byte* block_;
  size_t used_;
};

struct Arrays {
  Arrays(const Config& config, Carver& carver)
      : listeners(carver.Take<Listener>(config.listeners)),
        requests(carver.Take<Request>(config.requests)),
        connections(carver.Take<Connection>(config.connections)),
        time_waits(carver.Take<TimeWait>(config.time_waits)),
        flows(carver.Take<Ehash::Bucket>(FlowBuckets(config))),
        ports(carver.Take<PortBucket>(PortBuckets(config))),
        chunks(carver.Take<Chunk>(config.chunks)),
        text(carver.Take<uint8_t>(size_t{config.chunks} * config.chunk_bytes)) {}

  std::span<Listener> listeners;
  std::span<Request> requests;
  std::span<Connection> connections;
  std::span<TimeWait> time_waits;
  std::span<Ehash::Bucket> flows;
  std::span<PortBucket> ports;
  std::span<Chunk> chunks;
  std::span<uint8_t> text;
};

}  // namespace

size_t Config::Bytes() const {
  Carver carver(nullptr);
  const Arrays arrays(*this, carver);
  return (carver.used() + kTablesAlignment - 1) / kTablesAlignment * kTablesAlignment;
}

void PlaceArrays(Tables& t, std::span<std::byte> block) {
  HF_CHECK(reinterpret_cast<std::byte*>(&t) == block.data());
  Carver carver(block.data());
  const Arrays arrays(t.config, carver);
  t.listeners.Place(arrays.listeners);
  t.requests.Place(arrays.requests);
  t.connections.Place(arrays.connections);
  t.time_waits.Place(arrays.time_waits);
  t.flows.Place(arrays.flows);
  for (PortBucket& bucket : arrays.ports) bucket = {};
  t.ports.Place(arrays.ports);
  t.chunks.Place(arrays.chunks, arrays.text);
}

}  // namespace handfast
