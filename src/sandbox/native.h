#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sandbox/boxes.h"

namespace engine::sandbox {

// The file system that a box sees. The manager reads these before it forks; afterwards an image is
// only a number, so a broken parent cannot name a path.
struct Image {
  std::string name = "host";
  std::string root = "/";  // "/": the machine's own /usr, read-only, with a made /etc.

  // Entries of the root's /etc that are copied beside the made ones (passwd, group, ...) when the
  // manager starts; "*" at the end of a name matches any rest. What is absent is left out, and what
  // not everybody may read.
  std::vector<std::string> etc = {"alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
                                  "java-*",       "python3*",    "localtime"};

  // Host directories that the operator shows read-only at a place below /opt of the box.
  struct Resource {
    std::string source;
    std::string target;
  };
  std::vector<Resource> resources;
};

struct NativeOptions {
  std::vector<Image> images = {Image{}};
  Reuse reuse = Reuse::kSubmission;
  int slots = 1;         // Runs at once; decides how many boxes are kept ready.
  int kept = 0;          // Boxes beside those of the slots that runs hold for long, of any image.
  RunLimits ceiling;     // The most that any run may ask for; the manager holds every box to it.
  std::string instance;  // Names this engine's cgroups; empty: the first free one on this host.
  std::string cgroup_parent = "execution-engine";  // Below the root of each hierarchy.
  bool strict_seccomp = false;                     // The profile for judges: no locks, no leases.
  // Ties every box to one of as many of this process's processors as there are slots, and runs that
  // are under way at once to different ones. A program sees one processor then. It is what the
  // program begins with, and no wall: it may ask the kernel for others.
  bool pinned = false;
};

// The privileged half, forked off as a process of its own that talks only to its parent. Fork it
// before the first thread and before privileges are dropped; the parent may drop them afterwards.
// The manager dies with the parent and takes every box with it; if the manager dies, its boxes die
// too and every later acquire() is kUnavailable.
class Manager {
 public:
  // kInvalid: the host cannot give the isolation or the limits that the options promise; the
  // message says what is missing and what to do. Never weaker instead.
  static Result<std::unique_ptr<Manager>> fork(const NativeOptions& options);
  virtual ~Manager() = default;

  // Readable when the manager is dead: the engine should end.
  virtual int death_fd() const = 0;
};

// kInvalid: this process lacks a capability that a manager needs; says which. Manager::fork() looks
// too; this is for who wants to know before he does anything else as root.
Status check_capabilities();

// Takes the manager's socket over; starts the thread that keeps boxes ready. Call after the fork
// of the manager, in the process that runs jobs, once threads are allowed.
Result<std::unique_ptr<Boxes>> make_native_boxes(std::unique_ptr<Manager> manager,
                                                 const NativeOptions& options);

// One finding about this host, for `doctor`.
struct Finding {
  std::string subject;  // "cgroups", "user namespaces", ...
  bool ok = false;
  std::string text;  // What was found, or what to do about it.
};
// Looks without leaving anything behind: kernel, cgroups, namespaces, seccomp, limits.
std::vector<Finding> examine_host(const NativeOptions& options);

}  // namespace engine::sandbox
