#include "runner/instantiation.h"

#include <utility>

namespace engine {
namespace {

using sandbox::End;
using sandbox::FileSet;
using sandbox::RunReport;
using sandbox::RunSpec;

constexpr char kSource[] = "instantiate.cc";

constexpr char kPlugin[] = R"(#include <gcc-plugin.h>
#include <plugin-version.h>
#include <tree.h>
#include <cp/cp-tree.h>
#include <c-family/c-pragma.h>

int plugin_is_GPL_compatible;

static void instantiate(cpp_reader*) { instantiate_pending_templates(0); }
static void learn_pragma(void*, void*) { c_register_pragma("engine", "instantiate", instantiate); }

int plugin_init(plugin_name_args* info, plugin_gcc_version* version) {
  if (!plugin_default_version_check(version, &gcc_version)) return 1;
  register_callback(info->base_name, PLUGIN_PRAGMAS, learn_pragma, nullptr);
  return 0;
}
)";

bool did_well(const RunReport& report) {
  return report.end == End::kExited && report.exit_code == 0;
}

Error absent(const RunReport& report) {
  constexpr std::size_t kMostReason = 200;
  return {Errc::kNotFound,
          "the compiler's plugin headers are missing or do not fit; on Debian 12 "
          "install gcc-12-plugin-dev: " +
              report.log.substr(0, kMostReason),
          {}};
}

}  // namespace

Result<std::string> make_instantiation_plugin(sandbox::Box& box, const RunSpec& like) {
  RunSpec spec;
  spec.environment = like.environment;
  spec.limits = like.limits;
  spec.stop = like.stop;
  spec.argv = {like.argv.front(), "-print-file-name=plugin"};
  TRY(const RunReport answer, box.run(spec));
  std::string place = answer.stdout_text.substr(0, answer.stdout_text.find('\n'));
  if (!did_well(answer) || !place.starts_with('/')) return absent(answer);
  spec.argv = {like.argv.front(),
               "-std=gnu++17",
               "-O1",
               "-fPIC",
               "-shared",
               "-fno-rtti",
               "-fno-exceptions",
               "-w",
               "-I" + place + "/include",
               "-o",
               std::string(kInstantiationFile),
               kSource};
  spec.files = FileSet::make({
      {kSource, kPlugin}
  });
  spec.take = {std::string(kInstantiationFile)};
  TRY(RunReport made, box.run(spec));
  if (!did_well(made) || made.taken.size() != 1 || !made.taken[0].problem.empty()) {
    return absent(made);
  }
  return std::move(made.taken[0].file.content);
}

}  // namespace engine
