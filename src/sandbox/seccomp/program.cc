#include "sandbox/seccomp/program.h"

#include <bit>
#include <cerrno>
#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include <linux/seccomp.h>

namespace engine::sandbox::seccomp {
namespace {

static_assert(std::endian::native == std::endian::little, "the low half of an argument is first");

constexpr std::uint32_t low_half_of(unsigned argument) {
  return offsetof(seccomp_data, args) + 8 * argument;
}

constexpr std::uint32_t high_half_of(unsigned argument) {
  return low_half_of(argument) + 4;
}

// Instructions with jumps to labels, which may be placed later.
class Assembler {
 public:
  using Label = std::size_t;

  Label make_label() {
    places_.push_back(kNowhere);
    return places_.size() - 1;
  }
  void place(Label label) { places_[label] = code_.size(); }

  void load(std::uint32_t offset) { add({BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}); }
  void give(std::uint32_t answer) { add({BPF_RET | BPF_K, 0, 0, answer}); }
  void jump(std::uint16_t comparison, std::uint32_t value, Label yes, Label no) {
    const auto code = static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K);
    add({code, 0, 0, value}, yes, no);
  }

  std::vector<sock_filter> finish() const {
    std::vector<sock_filter> program;
    for (std::size_t at = 0; at < code_.size(); ++at) {
      sock_filter instruction = code_[at].instruction;
      if (BPF_CLASS(instruction.code) == BPF_JMP) {
        instruction.jt = distance(at, code_[at].yes);
        instruction.jf = distance(at, code_[at].no);
      }
      program.push_back(instruction);
    }
    return program;
  }

 private:
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  struct Line {
    sock_filter instruction;
    Label yes;
    Label no;
  };

  void add(const sock_filter& instruction, Label yes = 0, Label no = 0) {
    code_.push_back({instruction, yes, no});
  }

  std::uint8_t distance(std::size_t from, Label to) const {
    const std::size_t jump = places_[to] - from - 1;  // Backwards becomes huge.
    if (jump > std::numeric_limits<std::uint8_t>::max()) {
      throw std::runtime_error("the filter has become too long for its jumps");
    }
    return static_cast<std::uint8_t>(jump);
  }

  std::vector<Line> code_;
  std::vector<std::size_t> places_;
};

class Compiler {
 public:
  explicit Compiler(const Policy& policy) : policy_(policy) {}

  std::vector<sock_filter> compile() {
    const auto right_architecture = out_.make_label();
    out_.load(offsetof(seccomp_data, arch));
    out_.jump(BPF_JEQ, policy_.architecture, right_architecture, answer(SECCOMP_RET_KILL_PROCESS));
    out_.place(right_architecture);
    out_.load(offsetof(seccomp_data, nr));
    split_numbers();
    search(0, spans_.size());
    for (const Block& block : blocks_)
      place_block(block);
    for (const auto& [value, label] : answers_) {
      out_.place(label);
      out_.give(value);
    }
    return out_.finish();
  }

 private:
  using Label = Assembler::Label;

  // The numbers from `first` up to the next span are all answered at `target`.
  struct Span {
    std::uint32_t first;
    Label target;
  };
  struct Block {
    Label label;
    std::vector<Check> checks;
    bool is_keyed;
  };

  Label answer(std::uint32_t value) {
    const auto [known, fresh] = answers_.try_emplace(value, 0);
    if (fresh) known->second = out_.make_label();
    return known->second;
  }

  // Calls with the same checks share their block.
  Label target_of(const std::vector<Check>& checks, bool is_keyed) {
    if (!is_keyed && checks.front().test == Test::kAlways) return answer(checks.front().answer);
    for (const Block& block : blocks_) {
      if (block.checks == checks && block.is_keyed == is_keyed) return block.label;
    }
    blocks_.push_back({out_.make_label(), checks, is_keyed});
    return blocks_.back().label;
  }

  void split_numbers() {
    const Label allow = answer(SECCOMP_RET_ALLOW);
    add_span(0, allow);
    for (const auto& [number, checks] : policy_.calls) {
      add_span(number, target_of(checks, policy_.keyed.contains(number)));
      add_span(number + 1, allow);
    }
    add_span(policy_.newest + 1, answer(SECCOMP_RET_ERRNO | ENOSYS));
  }

  void add_span(std::uint32_t first, Label target) {
    if (!spans_.empty() && spans_.back().first == first) spans_.pop_back();
    if (spans_.empty() || spans_.back().target != target) spans_.push_back({first, target});
  }

  // Finds the span of the loaded number among those from `begin` to `end`.
  void search(std::size_t begin, std::size_t end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (middle == begin) return;  // Only of one span, which has been jumped to.
    const auto [low, low_is_code] = part(begin, middle);
    const auto [high, high_is_code] = part(middle, end);
    out_.jump(BPF_JGE, spans_[middle].first, high, low);
    if (low_is_code) {
      out_.place(low);
      search(begin, middle);
    }
    if (high_is_code) {
      out_.place(high);
      search(middle, end);
    }
  }

  std::pair<Label, bool> part(std::size_t begin, std::size_t end) {
    if (end - begin == 1) return {spans_[begin].target, false};
    return {out_.make_label(), true};
  }

  void place_block(const Block& block) {
    out_.place(block.label);
    if (!block.is_keyed) return place_checks(block);
    const bool always = block.checks.front().test == Test::kAlways;
    const Label otherwise = always ? answer(block.checks.front().answer) : out_.make_label();
    place_key(otherwise);
    if (always) return;
    out_.place(otherwise);
    place_checks(block);
  }

  void place_key(Label otherwise) {
    const Label half = out_.make_label();
    out_.load(low_half_of(kKeyArgument));
    out_.jump(BPF_JEQ, static_cast<std::uint32_t>(policy_.key), half, otherwise);
    out_.place(half);
    out_.load(high_half_of(kKeyArgument));
    out_.jump(BPF_JEQ, static_cast<std::uint32_t>(policy_.key >> 32), answer(SECCOMP_RET_ALLOW),
              otherwise);
  }

  void place_checks(const Block& block) {
    for (std::size_t i = 0; i < block.checks.size(); ++i) {
      const Label next =
          i + 1 == block.checks.size() ? answer(SECCOMP_RET_ALLOW) : out_.make_label();
      place_check(block.checks[i], next);
      if (i + 1 < block.checks.size()) out_.place(next);
    }
  }

  void place_check(const Check& check, Label otherwise) {
    const Label denied = answer(check.answer);
    out_.load(low_half_of(check.argument));
    if (check.test == Test::kBits) {
      std::uint32_t all = 0;
      for (const std::uint32_t bit : check.values)
        all |= bit;
      return out_.jump(BPF_JSET, all, denied, otherwise);
    }
    const bool listed_is_denied = check.test == Test::kIs;
    const Label listed = listed_is_denied ? denied : otherwise;
    const Label unlisted = listed_is_denied ? otherwise : denied;
    for (std::size_t i = 0; i < check.values.size(); ++i) {
      const bool last = i + 1 == check.values.size();
      const Label next = last ? unlisted : out_.make_label();
      out_.jump(BPF_JEQ, check.values[i], listed, next);
      if (!last) out_.place(next);
    }
  }

  const Policy& policy_;
  Assembler out_;
  std::vector<Span> spans_;
  std::vector<Block> blocks_;
  std::map<std::uint32_t, Label> answers_;
};

// Each value with its neighbours, and the same with the high half set, which must not matter.
std::set<std::uint64_t> telling_values(const Policy& policy) {
  std::set<std::uint64_t> values;
  const auto add = [&](std::uint32_t value) {
    values.insert(value);
    values.insert(value | 0x8000000100000000ULL);
  };
  for (std::uint32_t bit = 0; bit < 32; ++bit)
    add(1U << bit);
  add(0);
  for (const auto& [number, checks] : policy.calls) {
    for (const Check& check : checks) {
      for (const std::uint32_t value : check.values) {
        add(value - 1);
        add(value);
        add(value + 1);
      }
    }
  }
  return values;
}

void compare(const Policy& policy, const std::vector<sock_filter>& program,
             std::uint32_t architecture, std::uint32_t number,
             const std::uint64_t (&arguments)[6]) {
  const std::uint32_t wanted = decide(policy, architecture, number, arguments);
  const std::uint32_t given = interpret(program, architecture, number, arguments);
  if (wanted != given) {
    throw std::runtime_error("the program is wrong about call " + std::to_string(number));
  }
}

}  // namespace

std::vector<sock_filter> assemble(const Policy& policy) {
  return Compiler(policy).compile();
}

std::uint32_t interpret(const std::vector<sock_filter>& program, std::uint32_t architecture,
                        std::uint32_t number, const std::uint64_t (&arguments)[6]) {
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    bool yes = false;
    switch (step.code) {
      case BPF_RET | BPF_K: return step.k;
      case BPF_LD | BPF_W | BPF_ABS:
        if (step.k == offsetof(seccomp_data, nr)) {
          accumulator = number;
        } else if (step.k == offsetof(seccomp_data, arch)) {
          accumulator = architecture;
        } else {
          if (step.k % 4 != 0 || step.k >= sizeof(seccomp_data)) {
            throw std::runtime_error("a load that the kernel refuses");
          }
          const std::size_t word = (step.k - offsetof(seccomp_data, args)) / 4;
          accumulator = static_cast<std::uint32_t>(arguments[word / 2] >> (word % 2 * 32));
        }
        continue;
      case BPF_JMP | BPF_JEQ | BPF_K: yes = accumulator == step.k; break;
      case BPF_JMP | BPF_JGE | BPF_K: yes = accumulator >= step.k; break;
      case BPF_JMP | BPF_JSET | BPF_K: yes = (accumulator & step.k) != 0; break;
      default: throw std::runtime_error("an instruction that nobody emits");
    }
    at += yes ? step.jt : step.jf;
  }
  throw std::runtime_error("the program runs over its end");
}

void verify(const Policy& policy, const std::vector<sock_filter>& program) {
  const std::set<std::uint64_t> values = telling_values(policy);
  std::vector<std::uint32_t> numbers = {0x3fffffff, 0x40000000, 0x40000001, 0x80000000, 0xffffffff};
  for (std::uint32_t number = 0; number < 2048; ++number)
    numbers.push_back(number);
  for (const std::uint32_t number : numbers) {
    compare(policy, program, policy.architecture ^ 1, number, {0, 0, 0, 0, 0, 0});
    const bool is_known = policy.calls.contains(number);
    for (const std::uint64_t value : values) {
      compare(policy, program, policy.architecture, number,
              {value, value, value, value, value, value});
      for (std::size_t argument = 0; is_known && argument < 6; ++argument) {
        std::uint64_t arguments[6] = {};
        arguments[argument] = value;
        compare(policy, program, policy.architecture, number, arguments);
      }
      for (const std::uint64_t wrong : {0ULL, 1ULL, 1ULL << 32}) {
        const std::uint64_t key = policy.key ^ wrong;
        if (is_known) {
          compare(policy, program, policy.architecture, number, {value, value, value, 0, 0, key});
        }
      }
    }
  }
}

}  // namespace engine::sandbox::seccomp
