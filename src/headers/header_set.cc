#include "headers/header_set.h"

#include <string_view>
#include <utility>

namespace engine {
namespace {

constexpr std::string_view kWholeLibrary = "bits/stdc++.h";
constexpr std::string_view kPreamble = "preamble.h";

}  // namespace

HeaderSet::HeaderSet(std::vector<std::string> leading) : headers_(std::move(leading)) {
  if (headers_.front() == kWholeLibrary) headers_.resize(1);
}

bool HeaderSet::is_in_place() const {
  return headers_.front() == kWholeLibrary;
}

std::string HeaderSet::file() const {
  return std::string(is_in_place() ? kWholeLibrary : kPreamble);
}

// In the place of the header the text leads on to it: a source may include it where nothing that
// was compiled ahead can serve.
std::string HeaderSet::text() const {
  if (is_in_place()) return "#include_next <" + headers_.front() + ">\n";
  return to_compile();
}

std::string HeaderSet::to_compile() const {
  std::string text;
  for (const std::string& header : headers_)
    text += "#include <" + header + ">\n";
  return text;
}

std::vector<std::string> HeaderSet::arguments(const std::string& directory) const {
  if (is_in_place()) return {"-I" + directory};
  return {"-include", directory + "/" + file()};
}

}  // namespace engine
