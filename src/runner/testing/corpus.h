#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace engine::testing {

// How many programs of a corpus are compiled at once.
inline constexpr int kCorpusWorkers = 2;

// All of a file; empty where there is none.
inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Calls `check`, from kCorpusWorkers threads, with one program in `each`, from the first on;
// returns how many that were.
template <typename Program, typename Check>
std::size_t check_all(const std::vector<Program>& programs, std::size_t each, const Check& check) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> workers;
  for (int i = 0; i < kCorpusWorkers; ++i) {
    workers.emplace_back([&] {
      for (std::size_t at = 0; (at = next.fetch_add(1) * each) < programs.size();)
        check(programs[at]);
    });
  }
  workers.clear();
  return (programs.size() + each - 1) / each;
}

}  // namespace engine::testing
