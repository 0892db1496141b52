#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "docker/docker.h"
#include "docker/docker_box.h"
#include "docker/readiness.h"
#include "docker/shelves.h"
#include "docker/strays.h"

namespace engine::docker {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kTakePatience = 60s;  // A busy engine may take seconds for a container.
constexpr auto kFirstPause = 50ms;   // After a build that failed; doubles with each further one.
constexpr auto kLongestPause = 5s;
constexpr auto kInspection = 5s;  // Of those that wait: an engine that restarts ends them all.
constexpr int kMostKeepers = 4;

class DockerBoxes final : public sandbox::Boxes, public ContainerSource {
 public:
  DockerBoxes(std::unique_ptr<EngineClient> engine, const DockerOptions& options)
      : engine_(std::move(engine)),
        options_(options),
        shelves_(options.slots, options.slots * options.warm) {
    sandbox::RunSpec usual;
    usual.limits = options.usual;
    shelves_.use(shape_of(options.images.front().reference, usual));
    const int keepers = std::clamp(options.slots, 1, kMostKeepers);
    for (int i = 0; i < keepers; ++i)
      keepers_.emplace_back([this](const std::stop_token& stop) { keep(stop); });
  }

  DockerBoxes(const DockerBoxes&) = delete;
  DockerBoxes& operator=(const DockerBoxes&) = delete;

  ~DockerBoxes() override {
    for (std::jthread& keeper : keepers_)
      keeper.request_stop();
    keepers_.clear();
    if (const Status removed = remove_all(); !removed) {
      log::warning("containers may be left behind", {
                                                        {"error", removed.error().message}
      });
    }
  }

  Result<std::unique_ptr<sandbox::Box>> acquire(const std::string& image) override {
    const auto found = std::find_if(options_.images.begin(), options_.images.end(),
                                    [&](const Image& one) { return one.name == image; });
    if (found == options_.images.end()) {
      return Error{Errc::kInvalid, "image '" + image + "': no such image is configured", {}};
    }
    const bool keeps = options_.reuse != sandbox::Reuse::kRun;
    return std::unique_ptr<sandbox::Box>(
        std::make_unique<DockerBox>(*this, found->reference, keeps));
  }

  sandbox::Reuse reuse() const override { return options_.reuse; }

  int ready() const override {
    const std::lock_guard lock(mutex_);
    return shelves_.waiting();
  }

 private:
  // Nothing more is asked of an engine that does not answer: the next start sweeps.
  Status remove_all() {
    auto all = shelves_.take_all();
    std::move(discarded_.begin(), discarded_.end(), std::back_inserter(all));
    for (const auto& container : all)
      CHECK_OK(engine_->remove(container->id));
    return sweep(*engine_, options_);
  }

  const EngineClient& engine() const override { return *engine_; }

  Result<std::unique_ptr<Container>> take(const Shape& shape) override {
    std::unique_lock lock(mutex_);
    Shelf& shelf = shelves_.use(shape);  // Stays, as long as somebody waits there.
    const std::uint64_t failures = shelf.failures;
    ++shelf.takers;
    work_.notify_one();
    const bool came = came_.wait_for(
        lock, kTakePatience, [&] { return !shelf.waiting.empty() || shelf.failures != failures; });
    --shelf.takers;
    work_.notify_one();
    if (!shelf.waiting.empty()) {
      auto container = std::move(shelf.waiting.front());
      shelf.waiting.pop_front();
      return container;
    }
    if (!came) return Error{Errc::kUnavailable, "docker: no container became ready in time", {}};
    return shelf.last_failure;
  }

  // The owner is not held up by what becomes of it.
  void give_back(std::unique_ptr<Container> container) override {
    const std::lock_guard lock(mutex_);
    if (options_.reuse == sandbox::Reuse::kPool && !container->lost) {
      shelves_.use(container->shape).waiting.push_back(std::move(container));
      came_.notify_all();
    } else {
      discarded_.push_back(std::move(container));
    }
    work_.notify_one();
  }

  void note_loss() override { options_.on_loss(Loss::kContainer); }

  // The life of a thread that destroys used containers and starts new ones ahead of need.
  void keep(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      inspect();
      const auto now = steady_clock::now();
      if (strays_.begin_look(now)) {
        lock.unlock();
        strays_.look();
        lock.lock();
        continue;
      }
      Shelf* const shelf = shelves_.to_build(now);
      if (shelf != nullptr && (shelf->takers > 0 || discarded_.empty())) {
        build(*shelf, lock);
      } else if (auto container = next_to_destroy()) {
        lock.unlock();
        destroy(*container);
        lock.lock();
      } else {
        const auto until =
            std::min({inspected_ + kInspection, shelves_.next_try(now), strays_.next_look()});
        work_.wait_until(lock, stop, until, [this] { return has_work(); });
      }
    }
  }

  bool has_work() {
    return !discarded_.empty() || shelves_.to_build(steady_clock::now()) != nullptr;
  }

  void inspect() {
    const auto now = steady_clock::now();
    if (now < inspected_ + kInspection) return;
    inspected_ = now;
    for (auto& broken : shelves_.take_broken()) {
      if (!broken->used) note_loss();
      discarded_.push_back(std::move(broken));
    }
  }

  std::unique_ptr<Container> next_to_destroy() {
    if (discarded_.empty()) return shelves_.take_surplus();
    auto container = std::move(discarded_.front());
    discarded_.pop_front();
    return container;
  }

  void destroy(const Container& container) {
    const Status removed = engine_->remove(container.id);
    strays_.give_back(container.number);
    if (removed) return;
    strays_.suspect();
    log::warning("a container cannot be removed", {
                                                      {"error", removed.error().message}
    });
  }

  // The shelf stays while something is being built for it.
  void build(Shelf& shelf, std::unique_lock<std::mutex>& lock) {
    ++shelf.building;
    const Shape shape = shelf.shape;
    const bool doubtful = shelf.pause > Milliseconds{0};
    lock.unlock();
    auto container = build_container(shape, doubtful);
    lock.lock();
    --shelf.building;
    if (container) {
      shelf.pause = Milliseconds{0};
      shelf.waiting.push_back(*std::move(container));
    } else {
      log::warning("a container cannot be started",
                   {
                       {"image", shape.image              },
                       {"error", container.error().message}
      });
      shelf.pause = std::clamp<Milliseconds>(shelf.pause * 2, kFirstPause, kLongestPause);
      shelf.not_before = steady_clock::now() + shelf.pause;
      const bool has_image = container.error().code != Errc::kNotFound;
      options_.on_loss(has_image ? Loss::kEngine : Loss::kImage);
      ++shelf.failures;
      const Errc code = has_image ? Errc::kUnavailable : Errc::kInvalid;
      shelf.last_failure = {code, container.error().message, {}};
    }
    came_.notify_all();
  }

  // After a failure the engine may be another one, without our volume.
  Result<std::unique_ptr<Container>> build_container(const Shape& shape, bool doubtful) {
    const unsigned number = strays_.take_number();
    auto container = try_to_build(shape, doubtful, number);
    if (container) return container;
    strays_.give_back(number);
    if (container.error().code != Errc::kNotFound) strays_.suspect();  // Something half made.
    return container;
  }

  Result<std::unique_ptr<Container>> try_to_build(const Shape& shape, bool doubtful,
                                                  unsigned number) {
    if (doubtful) {
      CHECK_OK(engine_->negotiate());
      CHECK_OK(install_supervisor(*engine_, options_, shape.image, number));
    }
    return start_container(*engine_, options_, shape, number);
  }

  const std::unique_ptr<EngineClient> engine_;
  const DockerOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable came_;      // A container came to a shelf, or a build failed.
  std::condition_variable_any work_;  // Something for a keeper.
  Shelves shelves_;
  std::deque<std::unique_ptr<Container>> discarded_;
  steady_clock::time_point inspected_ = steady_clock::now();
  Strays strays_{*engine_, options_};
  std::vector<std::jthread> keepers_;  // Last: they use all of the above.
};

}  // namespace

std::string_view to_string(Loss loss) {
  switch (loss) {
    case Loss::kContainer: return "container";
    case Loss::kEngine: return "engine";
    case Loss::kImage: return "image";
  }
  return "";
}

Result<std::unique_ptr<sandbox::Boxes>> make_docker_boxes(const DockerOptions& options) {
  if (options.images.empty()) return Error{Errc::kInvalid, "docker: no image is configured", {}};
  TRY(Address address, parse_address(options.engine));
  auto engine = std::make_unique<EngineClient>(std::move(address), options.patience);
  CHECK_OK(engine->negotiate());
  CHECK_OK(check_engine(*engine, options));
  CHECK_OK(sweep(*engine, options));
  CHECK_OK(install_supervisor(*engine, options, options.images.front().reference, 0));
  return std::unique_ptr<sandbox::Boxes>(std::make_unique<DockerBoxes>(std::move(engine), options));
}

}  // namespace engine::docker
