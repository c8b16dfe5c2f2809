#include "harness/app/simulation.h"

#include "harness/json.h"
#include "harness/show.h"

namespace handfast {
namespace {

std::string Decimal(double value) { return JsonWriter().Value(value).text(); }

double Seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

void AddVisit(JsonWriter& json, const VisitStory& visit, const ShowOptions& options) {
  json.BeginObject()
      .Field("from", Show(visit.from))
      .Field("to", Show(visit.to))
      .Field("outcome", Name(visit.result.outcome));
  if (options.ladders) json.Field("ladder", visit.ladder);
  json.End();
}

void AddDrops(JsonWriter& json, const HostReport& report) {
  json.Key("drops").BeginObject();
  for (size_t i = 1; i < kDropCount; ++i)
    if (report.drops[i] > 0) json.Field(Name(static_cast<Drop>(i)), report.drops[i]);
  json.End();
}

void AddSiege(JsonWriter& json, const SiegeResult& siege) {
  json.BeginObject().Field("limit", siege.limit);
  if (siege.user_waited) json.Field("user_waited", Seconds(*siege.user_waited));
  json.Key("samples").BeginArray();
  for (const SiegeSample& sample : siege.samples)
    json.BeginObject()
        .Field("at", Seconds(sample.at))
        .Field("syn_queue", sample.syn_queue)
        .Field("accept_queue", sample.accept_queue)
        .Field("syns", sample.syns)
        .Field("syn_queue_drops", sample.syn_queue_drops)
        .Field("accept_queue_drops", sample.accept_queue_drops)
        .Field("event", sample.event)
        .End();
  json.End();
  AddDrops(json, siege.report);
  json.End();
}

void AddTalk(JsonWriter& json, const SoakResult& soak, Duration duration) {
  json.BeginObject()
      .Field("seconds", Seconds(duration))
      .Field("opened", soak.tally.opened)
      .Field("refused", soak.tally.refused)
      .Field("finished", soak.tally.finished)
      .Field("octets", soak.tally.octets)
      .Field("frames", soak.frames)
      .Field("lost", soak.lost);
  json.Key("errors").BeginObject();
  for (const auto& [error, count] : soak.tally.errors) json.Field(error, count);
  json.End().End();
}

void AddHost(JsonWriter& json, const HostReport& report) {
  json.BeginObject().Field("address", Show(report.addr));
  json.Key("counters").BeginObject();
  for (size_t i = 0; i < kCounterCount; ++i)
    json.Field(Name(static_cast<Counter>(i)), report.counters[static_cast<Counter>(i)]);
  json.End();
  AddDrops(json, report);
  json.Key("pools").BeginObject();
  for (const PoolUse& pool : report.pools)
    json.Key(pool.name)
        .BeginObject()
        .Field("used", pool.used)
        .Field("capacity", pool.capacity)
        .End();
  json.End().End();
}

}  // namespace

std::string Simulation::wrong() const {
  std::string all;
  const auto add = [&all](const char* part, const std::string& what) {
    if (!what.empty())
      all += std::string(part) + ": " + what + (what.back() == '\n' ? "" : "\n");
  };
  for (const VisitStory& visit : visits) add("visit", visit.result.wrong);
  add("siege", siege.wrong);
  add("talk", soak.wrong);
  return all;
}

std::string Simulation::repeat() const {
  std::string command = "handfast simulate --seed " + std::to_string(options.seed);
  const std::pair<const char*, uint32_t> shares[] = {
      {" --loss ", options.faults.loss},
      {" --duplicate ", options.faults.duplicate},
      {" --reorder ", options.faults.reorder},
      {" --corrupt ", options.faults.corrupt}};
  for (const auto& [name, per_mille] : shares)
    if (per_mille > 0) command += name + Decimal(per_mille / 10.0);
  return command + " --delay " + Decimal(Seconds(options.faults.delay_min) * 1e3) +
         " --seconds " + Decimal(Seconds(options.duration));
}

std::string ShowJson(const Simulation& simulation, const ShowOptions& options) {
  JsonWriter json;
  json.BeginObject()
      .Field("seed", simulation.options.seed)
      .Field("repeat", simulation.repeat());
  json.Key("visits").BeginArray();
  for (const VisitStory& visit : simulation.visits) AddVisit(json, visit, options);
  json.End().Key("listener");
  AddSiege(json, simulation.siege);
  json.Key("talk");
  AddTalk(json, simulation.soak, simulation.options.duration);
  json.Key("hosts").BeginArray();
  for (const HostReport& report : simulation.soak.reports) AddHost(json, report);
  json.End()
      .Field("audits", simulation.siege.audits + simulation.soak.audits)
      .Field("wrong", simulation.wrong())
      .End();
  return json.text() + "\n";
}

}  // namespace handfast
