#include "runner/artefact_key.h"

#include "base/key_text.h"

namespace engine {
namespace {

constexpr std::string_view kForm = "artefact key 1";  // Changes when what follows does.

void add_limits(KeyText& text, const sandbox::RunLimits& limits) {
  text.add(limits.cpu_time.count()).add(limits.wall_time.count());
  text.add(limits.memory.count).add(limits.stack.count).add(limits.processes);
  text.add(limits.output.count).add(limits.file.count).add(limits.disk.count).add(limits.files);
}

}  // namespace

std::string artefact_key(std::string_view toolchain, std::string_view owner,
                         const Language& language, const Plan& plan) {
  KeyText text;
  text.add(kForm).add(toolchain).add(owner).add(language.id).add(plan.image);
  text.add(plan.compile).add(plan.environment).add(language.artefacts);
  add_limits(text, plan.compile_limits);
  const auto& sources = plan.sources->files();
  text.add(static_cast<std::int64_t>(sources.size()));
  for (const sandbox::File& file : sources)
    text.add(file.name).add(file.content);
  text.add(static_cast<std::int64_t>(plan.kept.size()));
  for (const sandbox::File& file : plan.kept)
    text.add(file.name);
  return text.digest();
}

}  // namespace engine
