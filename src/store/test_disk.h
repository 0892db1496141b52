#pragma once

#include <atomic>
#include <cstring>
#include <string>

#include <sqlite3.h>

namespace engine {

// A disk that fails on demand: while it lives, every SQLite database that this process opens lies
// on it. One at a time.
class TestDisk {
 public:
  enum class Mood { kFine, kFull, kFailsToWrite, kFailsToSync };

  TestDisk() {
    mood() = Mood::kFine;
    real() = sqlite3_vfs_find(nullptr);
    vfs_ = *real();
    vfs_.zName = "test-disk";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real()->szOsFile;
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  TestDisk(const TestDisk&) = delete;
  TestDisk& operator=(const TestDisk&) = delete;
  ~TestDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real(), 1);
  }

  void become(Mood next) { mood() = next; }
  int syncs() const { return synced(); }

 private:
  struct File {
    sqlite3_file base;  // First, as SQLite sees only this; the real file follows in memory.
  };
  static sqlite3_file* real_file(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
  }
  static std::atomic<Mood>& mood() {
    static std::atomic<Mood> instance;
    return instance;
  }
  static std::atomic<int>& synced() {
    static std::atomic<int> instance;
    return instance;
  }
  static sqlite3_vfs*& real() {
    static sqlite3_vfs* instance = nullptr;
    return instance;
  }

  // Hands a call on to the real file.
  template <auto Member>
  struct Forward;
  template <typename... Args, int (*sqlite3_io_methods::*Member)(sqlite3_file*, Args...)>
  struct Forward<Member> {
    static int call(sqlite3_file* file, Args... args) {
      sqlite3_file* const inner = real_file(file);
      return (inner->pMethods->*Member)(inner, args...);
    }
  };
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    if (mood() == Mood::kFull) return SQLITE_FULL;
    if (mood() == Mood::kFailsToWrite) return SQLITE_IOERR_WRITE;
    return Forward<&sqlite3_io_methods::xWrite>::call(file, data, size, offset);
  }
  static int sync(sqlite3_file* file, int flags) {
    if (mood() == Mood::kFailsToSync) return SQLITE_IOERR_FSYNC;
    ++synced();
    return Forward<&sqlite3_io_methods::xSync>::call(file, flags);
  }
  static void shm_barrier(sqlite3_file* file) {
    real_file(file)->pMethods->xShmBarrier(real_file(file));
  }
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    using Io = sqlite3_io_methods;
    static const Io kMethods{.iVersion = 2,
                             .xClose = Forward<&Io::xClose>::call,
                             .xRead = Forward<&Io::xRead>::call,
                             .xWrite = write,
                             .xTruncate = Forward<&Io::xTruncate>::call,
                             .xSync = sync,
                             .xFileSize = Forward<&Io::xFileSize>::call,
                             .xLock = Forward<&Io::xLock>::call,
                             .xUnlock = Forward<&Io::xUnlock>::call,
                             .xCheckReservedLock = Forward<&Io::xCheckReservedLock>::call,
                             .xFileControl = Forward<&Io::xFileControl>::call,
                             .xSectorSize = Forward<&Io::xSectorSize>::call,
                             .xDeviceCharacteristics = Forward<&Io::xDeviceCharacteristics>::call,
                             .xShmMap = Forward<&Io::xShmMap>::call,
                             .xShmLock = Forward<&Io::xShmLock>::call,
                             .xShmBarrier = shm_barrier,
                             .xShmUnmap = Forward<&Io::xShmUnmap>::call};
    const int code = real()->xOpen(real(), name, real_file(file), flags, out_flags);
    file->pMethods = code == SQLITE_OK ? &kMethods : nullptr;
    return code;
  }

  sqlite3_vfs vfs_;
};

}  // namespace engine
