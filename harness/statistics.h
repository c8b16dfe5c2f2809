// Statistics: do counts look like a fair draw?

#ifndef HARNESS_STATISTICS_H_
#define HARNESS_STATISTICS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace handfast {

// A standard normal variable exceeds it once in a million times.
inline constexpr double kOnceInAMillion = 4.753;

// How far counts are from their expectations, as a standard normal variable: Pearson's
// chi-square, by the cube root of Wilson and Hilferty (1931). Far below 0 is too even.
inline double ChiSquare(const std::vector<uint64_t>& counts,
                        const std::vector<double>& expected) {
  double sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double off = static_cast<double>(counts[i]) - expected[i];
    sum += off * off / expected[i];
  }
  const double freedom = static_cast<double>(counts.size() - 1);
  const double spread = 2 / (9 * freedom);
  return (std::cbrt(sum / freedom) - (1 - spread)) / std::sqrt(spread);
}

// The same, where all are equally likely.
inline double UniformChiSquare(const std::vector<uint64_t>& counts) {
  double total = 0;
  for (const uint64_t count : counts) total += static_cast<double>(count);
  const double each = total / static_cast<double>(counts.size());
  return ChiSquare(counts, std::vector<double>(counts.size(), each));
}

// The same for counts of how many of 32 bits are set, from 0 to 32. Rare sums at both ends
// are taken together, so that no expectation is small.
inline double BinomialChiSquare(const std::vector<uint64_t>& by_bits) {
  double total = 0;
  for (const uint64_t count : by_bits) total += static_cast<double>(count);
  std::vector<uint64_t> counts(1, 0);
  std::vector<double> expected(1, 0);
  double ways = 1;  // 32 over k
  for (size_t k = 0; k <= 32; ++k) {
    if (k > 5 && k < 28) counts.push_back(0), expected.push_back(0);
    counts.back() += by_bits[k];
    expected.back() += total * ways / std::pow(2.0, 32);
    ways = ways * static_cast<double>(32 - k) / static_cast<double>(k + 1);
  }
  return ChiSquare(counts, expected);
}

}  // namespace handfast

#endif  // HARNESS_STATISTICS_H_
