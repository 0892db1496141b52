// What tests/compat/test_gcs_client.py compares with Google's own client: our links, and our
// objects.
//
//   gcs_tool sign KEY_FILE BASE_URL BUCKET OBJECT FROM SECONDS [NAME=VALUE...]   prints a signed
//   URL gcs_tool put KEY_FILE EMULATOR BUCKET/PREFIX ID ATTEMPT gzip|plain NAME=BYTES...
//                                                                    prints a link to each output
//
// FROM is in seconds since 1970.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "output/gcs_key.h"
#include "output/gcs_url.h"
#include "output/output.h"

namespace engine {
namespace {

using Words = std::vector<std::string>;

int fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

std::pair<std::string, std::string> split(const std::string& word) {
  const auto at = word.find('=');
  return {word.substr(0, at), word.substr(std::min(word.size(), at + 1))};
}

int sign(const Words& words) {
  const auto key = gcs::load_key_file(words[0]);
  if (!key) return fail(key.error().message);
  gcs::Query query;
  for (std::size_t i = 6; i < words.size(); ++i)
    query.push_back(split(words[i]));
  const auto url = gcs::signed_url({.base_url = words[1],
                                    .bucket = words[2],
                                    .object = words[3],
                                    .email = key->email,
                                    .from = WallTime(std::chrono::seconds{std::stoll(words[4])}),
                                    .lifetime = std::chrono::seconds{std::stoll(words[5])},
                                    .query = query},
                                   [&](std::string_view bytes) { return key->key.sign(bytes); });
  if (!url) return fail(url.error().message);
  std::puts(url->c_str());
  return 0;
}

int put(const Words& words) {
  const auto place = parse_gcs_url("gs://" + words[2]);
  if (!place) return fail(place.error().message);
  const auto output = make_gcs_output({.bucket = place->bucket,
                                       .prefix = place->prefix,
                                       .credentials_file = words[0],
                                       .emulator_host = words[1],
                                       .gzip = words[5] == "gzip"},
                                      system_clock());
  if (!output) return fail(output.error().message);
  const SubmissionId id{words[3]};
  const int attempt = std::stoi(words[4]);
  std::vector<Object> objects;
  for (std::size_t i = 6; i < words.size(); ++i) {
    auto [name, bytes] = split(words[i]);
    objects.push_back({std::move(name), std::move(bytes)});
  }
  if (const auto status = (*output)->put(id, attempt, objects); !status) {
    return fail(status.error().message);
  }
  for (const Object& object : objects) {
    const auto link = (*output)->link(id, attempt, object.name, std::chrono::minutes{5});
    if (!link) return fail(link.error().message);
    std::puts(link->c_str());
  }
  return 0;
}

}  // namespace
}  // namespace engine

int main(int argc, char** argv) {
  const engine::Words words(argv + 1, argv + argc);
  if (words.size() < 7) return engine::fail("usage: see the head of gcs_tool.cc");
  const engine::Words rest(words.begin() + 1, words.end());
  return words[0] == "sign" ? engine::sign(rest) : engine::put(rest);
}
