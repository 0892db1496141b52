#include "output/gcs_manifest.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "output/gcs_peer.h"

namespace engine::gcs {
namespace {

namespace json = boost::json;

constexpr int kVersion = 1;

std::int64_t number_of(const json::object& object, const char* member) {
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_int64() ? value->get_int64() : -1;
}

}  // namespace

std::string to_manifest(const std::vector<Entry>& entries) {
  json::array outputs;
  for (const Entry& entry : entries) {
    outputs.push_back(json::object{
        {"name",       entry.name      },
        {"size",       entry.size      },
        {"stored",     entry.stored    },
        {"generation", entry.generation},
        {"md5",        entry.md5       },
        {"gzip",       entry.is_gzip   }
    });
  }
  return json::serialize(json::object{
      {"version", kVersion          },
      {"outputs", std::move(outputs)}
  });
}

Result<Entry> find_in_manifest(std::string_view manifest, std::string_view name) {
  const Error damaged{Errc::kUnavailable, "the list of an attempt's outputs is damaged", {}};
  boost::system::error_code broken;
  const json::value value = json::parse(manifest, broken);
  const json::object* object = broken ? nullptr : value.if_object();
  if (object == nullptr || number_of(*object, "version") != kVersion) return damaged;
  const json::value* outputs = object->if_contains("outputs");
  if (outputs == nullptr || !outputs->is_array()) return damaged;
  for (const json::value& item : outputs->get_array()) {
    const json::object* output = item.if_object();
    if (output == nullptr) return damaged;
    if (text_of(*output, "name") != name) continue;
    const json::value* gzip = output->if_contains("gzip");
    Entry entry{.name = std::string(name),
                .size = number_of(*output, "size"),
                .stored = number_of(*output, "stored"),
                .generation = text_of(*output, "generation"),
                .md5 = text_of(*output, "md5"),
                .is_gzip = gzip != nullptr && gzip->is_bool() && gzip->get_bool()};
    const bool is_plain = entry.is_gzip || entry.size == entry.stored;
    if (entry.size < 0 || entry.stored < 0 || !is_plain) return damaged;
    return entry;
  }
  return Error{Errc::kNotFound, "there is no such output", {}};
}

}  // namespace engine::gcs
