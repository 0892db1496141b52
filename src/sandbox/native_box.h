#pragma once

#include <functional>
#include <memory>

#include "sandbox/box_link.h"
#include "sandbox/boxes.h"
#include "sandbox/manager_client.h"

namespace engine::sandbox {

// A box that the manager built, with everything to run in it.
struct LiveBox {
  ManagerClient::BoxName name;
  unsigned image = 0;
  BoxLink link;
  int pin = 0;         // Of the processors that boxes are tied to; 0 if they are tied to none.
  bool lost = false;   // To be destroyed, whatever the policy says.
  int processor = -1;  // Where its last owner gave it back; -1: it had none.
};

// A live box in its owner's hands.
class NativeBox final : public Box {
 public:
  using Release = std::function<void(std::unique_ptr<LiveBox>)>;

  // `resets_at_once`: after a run, what the next one needs is made while the owner is busy.
  // `release` gets the live box back, on the thread that destroys this.
  NativeBox(std::unique_ptr<LiveBox> live, bool resets_at_once, Release release);
  NativeBox(const NativeBox&) = delete;
  NativeBox& operator=(const NativeBox&) = delete;
  ~NativeBox() override;

  Result<RunReport> run(const RunSpec& spec) override;
  Status start_ahead(const RunSpec& spec, const std::string& program) override;
  Bytes memory_now() const override { return live_->link.meter().memory_now(); }

 private:
  struct Started;
  Result<RunReport> go_on(const RunSpec& spec);
  void drop_started();
  Status make_ready(const ScratchSize& size);
  void after_run(bool lost);

  std::unique_ptr<LiveBox> live_;
  bool resets_at_once_;
  bool used_ = false;                 // Since the last reset was ordered.
  std::unique_ptr<Started> started_;  // Ahead of a run.
  Release release_;
};

}  // namespace engine::sandbox
