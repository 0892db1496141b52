#include "docker/docker.h"

namespace engine::docker {

Result<Address> parse_address(const std::string& text) {
  const auto fault = [&] {
    return Error{
        Errc::kInvalid, "docker: '" + text + "' is neither unix:///path nor tcp://host:port", {}};
  };
  if (text.starts_with("unix:///")) return Address{text.substr(7), {}, {}};
  if (!text.starts_with("tcp://")) return fault();
  const std::string rest = text.substr(6);
  const auto colon = rest.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == rest.size()) return fault();
  std::string host = rest.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return Address{{}, std::move(host), rest.substr(colon + 1)};
}

}  // namespace engine::docker
