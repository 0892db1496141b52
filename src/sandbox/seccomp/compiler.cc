// The filter compiler: rules.toml in, a C++ source with both filters out, each without and with
// places for a key. Run by the build.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sandbox/seccomp/filters.h"
#include "sandbox/seccomp/policy.h"
#include "sandbox/seccomp/program.h"

namespace {

using engine::sandbox::kMostRules;
using engine::sandbox::seccomp::assemble;
using engine::sandbox::seccomp::Policy;
using engine::sandbox::seccomp::read_policy;
using engine::sandbox::seccomp::verify;

// Stands for the key; its halves are numbers that no rule has.
constexpr std::uint64_t kForm = 0x9d3c58f1e7a4b265;

void write_program(std::ostream& out, const std::string& name,
                   const std::vector<sock_filter>& program) {
  out << "constexpr sock_filter " << name << "[] = {\n";
  for (const sock_filter& line : program) {
    out << "    {" << line.code << ", " << unsigned{line.jt} << ", " << unsigned{line.jf} << ", "
        << line.k << "U},\n";
  }
  out << "};\n";
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<sock_filter> compile(const std::string& rules, bool strict,
                                 std::optional<std::uint64_t> key) {
  const Policy policy = read_policy(rules, strict, key);
  std::vector<sock_filter> program = assemble(policy);
  verify(policy, program);
  if (program.size() > kMostRules) throw std::runtime_error("the filter has become too long");
  return program;
}

// Where the program compares with half of the key.
std::vector<std::size_t> places_of(std::uint32_t half, const std::vector<sock_filter>& program) {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < program.size(); ++at) {
    if (program[at].code == (BPF_JMP | BPF_JEQ | BPF_K) && program[at].k == half) {
      places.push_back(at);
    }
  }
  return places;
}

void write_places(std::ostream& out, const std::string& name,
                  const std::vector<std::size_t>& places) {
  out << "constexpr unsigned short " << name << "[] = {";
  for (const std::size_t place : places)
    out << place << ", ";
  out << "};\n";
}

void write_programs(std::ostream& out, const std::string& name, const std::string& rules,
                    bool strict) {
  write_program(out, "k_" + name, compile(rules, strict, {}));
  const auto keyed = compile(rules, strict, kForm);
  const auto low = places_of(static_cast<std::uint32_t>(kForm), keyed);
  const auto high = places_of(static_cast<std::uint32_t>(kForm >> 32), keyed);
  if (low.empty() || low.size() != high.size()) throw std::runtime_error("the key has no place");
  write_program(out, "k_" + name + "_keyed", keyed);
  write_places(out, "k_" + name + "_low", low);
  write_places(out, "k_" + name + "_high", high);
}

void write_functions(std::ostream& out, const std::string& name) {
  const std::string k = "k_" + name;
  out << "SeccompFilter " << name << "_filter() {\n"
      << "  return {" << k << ", std::size(" << k << ")};\n}\n\n"
      << "KeyedFilter " << name << "_keyed_filter() {\n"
      << "  return {{" << k << "_keyed, std::size(" << k << "_keyed)}, " << k << "_low, " << k
      << "_high, std::size(" << k << "_low)};\n}\n\n";
}

void write_source(std::ostream& out, const std::string& path) {
  const std::string rules = read_file(path);
  out << "// Made from " << path.substr(path.rfind('/') + 1) << " by the filter compiler.\n"
      << "#include \"sandbox/seccomp/filters.h\"\n\n#include <iterator>\n\n"
      << "namespace engine::sandbox {\nnamespace {\n\n";
  write_programs(out, "default", rules, false);
  write_programs(out, "strict", rules, true);
  out << "\n}  // namespace\n\n";
  write_functions(out, "default");
  write_functions(out, "strict");
  out << "}  // namespace engine::sandbox\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::clog << "usage: " << argv[0] << " RULES.toml OUTPUT.cc\n";
    return 2;
  }
  try {
    std::ofstream out(argv[2]);
    write_source(out, argv[1]);
    out.close();
    if (out) return 0;
    std::clog << argv[2] << ": cannot be written\n";
  } catch (const std::exception& failure) {
    std::clog << argv[1] << ": " << failure.what() << "\n";
  }
  return 1;
}
