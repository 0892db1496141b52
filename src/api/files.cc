#include <utility>

#include "api/handlers.h"
#include "api/requests.h"
#include "http/offload.h"
#include "output/names.h"

namespace engine::api {
namespace {

std::string parameter(const http::Request& request, std::string_view name) {
  const std::string* value = request.parameter(name);
  return value == nullptr ? std::string() : *value;
}

http::Response refuse_link(const Context& context, const Error& error) {
  switch (error.code) {
    case Errc::kInvalid: return refuse(Wording::kFull, 403, "the link was changed", "signature");
    case Errc::kNotFound: return refuse(Wording::kFull, 410, "the link has expired", "expires");
    default: return context.refused(error);
  }
}

}  // namespace

// Foreign bytes go out so that no browser runs them as a page of ours.
Answer download_file(ContextPtr context, OwnerId, http::Request request) {
  const std::string path = request.captures.at(0);
  if (const auto checked = check_query(request, {"expires", "signature"}); !checked) {
    co_return refuse_link(*context, checked.error());
  }
  auto call = [&] {
    return context->engine.open_link(path, parameter(request, "expires"),
                                     parameter(request, "signature"));
  };
  auto bytes = co_await http::offload(context->blocking, call);
  if (!bytes) co_return refuse_link(*context, bytes.error());

  http::Response response;
  response.content_type = content_type_of(path);
  response.body = *std::move(bytes);
  response.headers = {
      {"Content-Disposition",     "attachment; filename=\"" + download_name(path) + "\""},
      {"X-Content-Type-Options",  "nosniff"                                             },
      {"Content-Security-Policy", "default-src 'none'; sandbox"                         },
      {"Cache-Control",           "private, no-store"                                   },
  };
  co_return response;
}

}  // namespace engine::api
