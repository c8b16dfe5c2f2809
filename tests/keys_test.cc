// Keys: one for each purpose, all from one secret, none telling of another.

#include "stack/secret/keys.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <vector>

#include "harness/sim/rng.h"
#include "harness/statistics.h"
#include "stack/secret/isn.h"
#include "stack/secret/port.h"
#include "stack/secret/ts_offset.h"

namespace handfast {
namespace {

// A judge of randomness has to know what is not random, and what is.
TEST(StatisticsTest, TellWhatIsRandomFromWhatIsNot) {
  SimRng rng(1);
  std::vector<uint64_t> drawn(256, 0), drawn_bits(33, 0), counted(256, 0), counted_bits(33, 0);
  std::vector<uint64_t> biased(256, 0);
  for (uint32_t i = 0; i < 100'000; ++i) {
    const auto random = static_cast<uint32_t>(rng.Next() >> 32);
    ++drawn[random >> 24];
    ++drawn_bits[static_cast<size_t>(std::popcount(random))];
    ++counted[i & 255];
    ++counted_bits[static_cast<size_t>(std::popcount(i))];
    ++biased[rng.Below(1000) % 256];
  }
  EXPECT_LT(std::abs(UniformChiSquare(drawn)), 3);
  EXPECT_LT(std::abs(BinomialChiSquare(drawn_bits)), 3);
  EXPECT_LT(UniformChiSquare(counted), -kOnceInAMillion) << "too even";
  EXPECT_GT(BinomialChiSquare(counted_bits), kOnceInAMillion);
  EXPECT_GT(UniformChiSquare(biased), kOnceInAMillion) << "a modulus is not uniform";
}

static_assert(sizeof(SipKey) == 16 && sizeof(Secrets) == 16, "128 bits (R6528-3)");

constexpr Domain kDomains[] = {Domain::kFlowTable, Domain::kIsn, Domain::kTimestampOffset,
                               Domain::kPort};

// Incident 30. I-62: each purpose has the key of its own tag, and no two share one.
TEST(KeysTest, EachPurposeHasATagOfItsOwn) {
  SimRng rng(1);
  for (int round = 0; round < 1000; ++round) {
    const Secrets secrets{{rng.Next(), rng.Next()}};
    const Keys keys(secrets);
    EXPECT_EQ(keys.flow_table, Derive(secrets.boot, Domain::kFlowTable));
    EXPECT_EQ(keys.isn, Derive(secrets.boot, Domain::kIsn));
    EXPECT_EQ(keys.timestamp_offset, Derive(secrets.boot, Domain::kTimestampOffset));
    EXPECT_EQ(keys.port, Derive(secrets.boot, Domain::kPort));
    std::set<uint64_t> halves{secrets.boot.k0, secrets.boot.k1};
    for (const Domain domain : kDomains) {
      const SipKey key = Derive(secrets.boot, domain);
      halves.insert({key.k0, key.k1});
    }
    ASSERT_EQ(halves.size(), 2 + 2 * std::size(kDomains)) << "not even a half is shared";
  }
}

// Incident 30: no bit of the secret is left out, in any key.
TEST(KeysTest, EachBitOfTheSecretTurnsOverHalfOfEachKey) {
  SimRng rng(2);
  std::vector<uint64_t> by_bits(33, 0);
  for (int round = 0; round < 100; ++round) {
    const SipKey secret{rng.Next(), rng.Next()};
    for (const Domain domain : kDomains) {
      const SipKey before = Derive(secret, domain);
      for (unsigned bit = 0; bit < 128; ++bit) {
        SipKey turned = secret;
        (bit < 64 ? turned.k0 : turned.k1) ^= uint64_t{1} << bit % 64;
        const SipKey after = Derive(turned, domain);
        for (const uint64_t half : {before.k0 ^ after.k0, before.k1 ^ after.k1}) {
          ++by_bits[static_cast<size_t>(std::popcount(static_cast<uint32_t>(half)))];
          ++by_bits[static_cast<size_t>(std::popcount(static_cast<uint32_t>(half >> 32)))];
        }
      }
    }
  }
  EXPECT_LT(std::abs(BinomialChiSquare(by_bits)), kOnceInAMillion);
}

// The 32 bits that each purpose shows, or acts upon, for a flow. A port's are 8 of a range
// of 256, in front.
std::vector<uint32_t> Outputs(const Keys& keys, const Flow& flow) {
  return {static_cast<uint32_t>(HashFlow<SipHash13>(keys.flow_table, flow)),
          InitialSeq(keys.isn, flow, Instant(0)).raw(),
          TimestampOffset(keys.timestamp_offset, flow),
          PortOffset(keys.port, flow, 0, {1, 256}) << 24};
}

// I-62: under one secret, what two purposes make of the same flow differs as two random
// numbers do, for each pair of purposes.
TEST(KeysTest, TheOutputsOfTwoPurposesAreIndependent) {
  SimRng rng(3);
  constexpr size_t kPurposes = std::size(kDomains);
  std::vector<std::vector<uint64_t>> bits(kPurposes * kPurposes, std::vector<uint64_t>(33, 0));
  std::vector<std::vector<uint64_t>> front(kPurposes * kPurposes,
                                           std::vector<uint64_t>(256, 0));
  for (int round = 0; round < 50'000; ++round) {
    const Keys keys(Secrets{{rng.Next(), rng.Next()}});
    const Flow flow{Addr::V4(static_cast<uint32_t>(rng.Next())), Addr::V4(10, 0, 0, 1), Port{0},
                    Port{static_cast<uint16_t>(rng.Next())}};
    const std::vector<uint32_t> outputs = Outputs(keys, flow);
    ASSERT_EQ(outputs.size(), kPurposes);
    for (size_t i = 0; i < kPurposes; ++i)
      for (size_t j = i + 1; j < kPurposes; ++j) {
        ++bits[i * kPurposes + j][static_cast<size_t>(std::popcount(outputs[i] ^ outputs[j]))];
        ++front[i * kPurposes + j][(outputs[i] - outputs[j]) >> 24];
      }
  }
  for (size_t i = 0; i < kPurposes; ++i)
    for (size_t j = i + 1; j < kPurposes; ++j) {
      const size_t pair = i * kPurposes + j;
      EXPECT_LT(std::abs(UniformChiSquare(front[pair])), kOnceInAMillion) << i << ", " << j;
      if (kDomains[j] == Domain::kPort) continue;
      EXPECT_LT(std::abs(BinomialChiSquare(bits[pair])), kOnceInAMillion) << i << ", " << j;
    }
}

// Incident 30: whoever exchanges two purposes' tags changes both of their outputs.
TEST(KeysTest, ExchangedTagsChangeBothOutputs) {
  SimRng rng(4);
  for (int round = 0; round < 1000; ++round) {
    const Keys right(Secrets{{rng.Next(), rng.Next()}});
    const Flow flow{Addr::V4(static_cast<uint32_t>(rng.Next())), Addr::V4(10, 0, 0, 1), Port{1},
                    Port{2}};
    std::vector<SipKey Keys::*> purposes{&Keys::flow_table, &Keys::isn,
                                         &Keys::timestamp_offset};
    const std::vector<uint32_t> before = Outputs(right, flow);
    for (size_t i = 0; i < purposes.size(); ++i)
      for (size_t j = i + 1; j < purposes.size(); ++j) {
        Keys wrong = right;
        std::swap(wrong.*purposes[i], wrong.*purposes[j]);
        const std::vector<uint32_t> after = Outputs(wrong, flow);
        EXPECT_NE(after[i], before[i]);
        EXPECT_NE(after[j], before[j]);
      }
  }
}

}  // namespace
}  // namespace handfast
