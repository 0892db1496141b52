#pragma once

#include <memory>

#include "app/config.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/metrics.h"
#include "output/output.h"
#include "queue/queue.h"
#include "store/store.h"

namespace engine::app {

// Where submissions, their jobs and their outputs are, as the configuration names them by URL.

// kInvalid: a URL of no kind that we know, or kinds that do not go together, or not with other
// settings.
Status check_places(const Config& config);

// True when other processes may work on the same store and queue.
bool is_shared(const Config& config);

// Open or connect. kUnavailable and kInvalid say in one sentence which place it is and what to do.
// `metrics`, where there are some, are told what goes wrong later, and outlive it.
Result<std::unique_ptr<Store>> open_store(const Config& config, const Clock& clock);
Result<std::unique_ptr<Queue>> open_queue(const Config& config, const Clock& clock,
                                          Metrics* metrics = nullptr);

// `signer` signs what leads to us, and outlives the output.
Result<std::unique_ptr<Output>> open_output(const Config& config, const LinkSigner& signer,
                                            const Clock& clock, Metrics* metrics = nullptr);

// True when the links of the output lead to us.
bool links_lead_here(const Config& config);

}  // namespace engine::app
