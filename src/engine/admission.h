#pragma once

#include "base/result.h"
#include "domain/submission.h"
#include "engine/engine.h"
#include "engine/fleet.h"
#include "language/language.h"

namespace engine {

// The rules by which a request becomes a submission: names, sizes, options, limits. Touches
// nothing; safe from any thread.
class Admission {
 public:
  // All outlive it. `fleet` knows which of the languages can be run anywhere.
  Admission(const Languages& languages, const Fleet& fleet, const EngineOptions& options)
      : languages_(languages), fleet_(fleet), options_(options) {}

  // The submission with its defaults filled in, but without id and owner. kInvalid and kTooLarge
  // name the member of the request that is at fault, as the API spells it.
  Result<Submission> admit(SubmissionRequest request) const;

  static constexpr std::size_t kMostArguments = 100;
  static constexpr Bytes kArgumentBytes = 64_KiB;  // All arguments of a submission.
  static constexpr std::size_t kMostCompilerOptions = 32;
  static constexpr std::size_t kTestNameBytes = 200;
  static constexpr std::int64_t kPriorityBound = 100;  // From its negative to itself.

 private:
  Result<const Language*> find_language(const SubmissionRequest& request) const;
  const Languages::Entry* guess_language(const SubmissionRequest& request) const;
  Status check_files(const SubmissionRequest& request, const Language& language) const;
  Status check_tests(const SubmissionRequest& request) const;
  Status check_output_files(const SubmissionRequest& request) const;
  Status check_scheduling(const SubmissionRequest& request) const;
  std::string usable_languages() const;

  const Languages& languages_;
  const Fleet& fleet_;
  const EngineOptions& options_;
};

}  // namespace engine
