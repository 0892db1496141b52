// The filter compiler: rules.toml in, a C++ source with both filters and their parts out. Run by
// the build.

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "sandbox/seccomp/policy.h"
#include "sandbox/seccomp/program.h"

namespace {

using engine::sandbox::FilterPart;
using engine::sandbox::seccomp::assemble;
using engine::sandbox::seccomp::Policy;
using engine::sandbox::seccomp::read_policy;
using engine::sandbox::seccomp::verify;

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

std::vector<sock_filter> compile(const std::string& rules, bool strict, FilterPart part) {
  const Policy policy = read_policy(rules, strict, part);
  std::vector<sock_filter> program = assemble(policy);
  verify(policy, program);
  return program;
}

// The function `name`, which picks the program of a part.
void write_filter(std::ostream& out, const std::string& name) {
  out << "SeccompFilter " << name << "_filter(FilterPart part) {\n  switch (part) {\n";
  for (const char* part : {"Whole", "OfBox", "OfRun"}) {
    out << "    case FilterPart::k" << part << ": return {k_" << name << "_" << part
        << ", std::size(k_" << name << "_" << part << ")};\n";
  }
  out << "  }\n  return {};\n}\n\n";
}

void write_source(std::ostream& out, const std::string& path) {
  const std::string rules = read_file(path);
  out << "// Made from " << path.substr(path.rfind('/') + 1) << " by the filter compiler.\n"
      << "#include \"sandbox/seccomp/filters.h\"\n\n#include <iterator>\n\n"
      << "namespace engine::sandbox {\nnamespace {\n\n";
  for (const bool strict : {false, true}) {
    const std::string profile = strict ? "k_strict_" : "k_default_";
    write_program(out, profile + "Whole", compile(rules, strict, FilterPart::kWhole));
    write_program(out, profile + "OfBox", compile(rules, strict, FilterPart::kOfBox));
    write_program(out, profile + "OfRun", compile(rules, strict, FilterPart::kOfRun));
  }
  out << "\n}  // namespace\n\n";
  write_filter(out, "default");
  write_filter(out, "strict");
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
