#pragma once

namespace engine::sandbox {

// How this host offers cgroups. Hybrid: v1 has the controllers, v2 is mounted without them and
// still gives placement (CLONE_INTO_CGROUP), cgroup.kill, cpu.stat and pressure.
enum class CgroupMode { kV2, kHybrid, kV1 };

// The files of one run's cgroup that the unprivileged half works with, as open descriptors. The
// init program shares this table, so nothing here needs more than a C library.
enum class CgroupFile {
  kKill,           // v2 cgroup.kill; none on pure v1
  kCpu,            // v2 cpu.stat (usage_usec), pure v1 cpuacct.usage (ns)
  kMemoryMax,      // memory.max | memory.limit_in_bytes
  kMemoryCeiling,  // v1 memory.memsw.limit_in_bytes, absent without swap accounting: the box's
                   // ceiling, which no limit of a run may pass; none on v2, where that is above
  kMemoryPeak,     // memory.peak (since Linux 5.19) | memory.max_usage_in_bytes (0 starts it anew)
  kMemoryNow,      // memory.current | memory.usage_in_bytes
  kMemoryEvents,   // memory.events | memory.oom_control; both have an oom_kill line
  kPidsMax,
  kPidsNow,   // pids.current
  kPidsPeak,  // pids.peak; absent before Linux 6.12, then the peak is sampled
  kPressure,  // v2 cpu.pressure; none on pure v1, and absent where PSI is off
  kCount,
};

// The file's name inside its hierarchy; nullptr where that mode has none.
constexpr const char* cgroup_file_name(CgroupMode mode, CgroupFile file) {
  const bool v1_controllers = mode != CgroupMode::kV2;
  switch (file) {
    case CgroupFile::kKill: return mode == CgroupMode::kV1 ? nullptr : "cgroup.kill";
    case CgroupFile::kCpu: return mode == CgroupMode::kV1 ? "cpuacct.usage" : "cpu.stat";
    case CgroupFile::kMemoryMax: return v1_controllers ? "memory.limit_in_bytes" : "memory.max";
    case CgroupFile::kMemoryCeiling:
      return v1_controllers ? "memory.memsw.limit_in_bytes" : nullptr;
    case CgroupFile::kMemoryPeak:
      return v1_controllers ? "memory.max_usage_in_bytes" : "memory.peak";
    case CgroupFile::kMemoryNow: return v1_controllers ? "memory.usage_in_bytes" : "memory.current";
    case CgroupFile::kMemoryEvents: return v1_controllers ? "memory.oom_control" : "memory.events";
    case CgroupFile::kPidsMax: return "pids.max";
    case CgroupFile::kPidsNow: return "pids.current";
    case CgroupFile::kPidsPeak: return "pids.peak";
    case CgroupFile::kPressure: return mode == CgroupMode::kV1 ? nullptr : "cpu.pressure";
    case CgroupFile::kCount: return nullptr;
  }
  return nullptr;
}

// The files of the cgroup v2 leaf that the mother makes for a run: all of them on pure v2. The
// others are of a v1 group, which serves all runs of a box.
constexpr bool is_of_leaf(CgroupMode mode, CgroupFile file) {
  switch (file) {
    case CgroupFile::kKill:
    case CgroupFile::kCpu:
    case CgroupFile::kPressure: return mode != CgroupMode::kV1;
    default: return mode == CgroupMode::kV2;
  }
}

// The files that are written, and must be open for writing: O_RDWR, but kKill is O_WRONLY.
constexpr bool is_written(CgroupMode mode, CgroupFile file) {
  switch (file) {
    case CgroupFile::kKill:
    case CgroupFile::kMemoryMax:
    case CgroupFile::kPidsMax: return true;
    case CgroupFile::kMemoryPeak: return mode != CgroupMode::kV2;
    default: return false;
  }
}

// The files that an older kernel lacks, and a run does without.
constexpr bool is_optional(CgroupMode mode, CgroupFile file) {
  switch (file) {
    case CgroupFile::kMemoryCeiling:
    case CgroupFile::kPidsPeak:
    case CgroupFile::kPressure: return true;
    case CgroupFile::kMemoryPeak: return mode == CgroupMode::kV2;  // Since Linux 5.19.
    default: return false;
  }
}

}  // namespace engine::sandbox
