#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/seccomp/filters.h"
#include "sandbox/seccomp/policy.h"
#include "sandbox/seccomp/program.h"

namespace engine::sandbox {
namespace {

using seccomp::assemble;
using seccomp::interpret;
using seccomp::Policy;
using seccomp::read_policy;
using seccomp::verify;

constexpr std::uint64_t kHighHalf = 0x100000000;  // What the kernel does not read of an int.
constexpr std::uint64_t kBothFlags = ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC;
constexpr std::uint64_t kBad = ~std::uint64_t{0};

using Filters = std::vector<SeccompFilter>;

// Runs `body` in a child under `filters`; the wait status.
int under(const Filters& filters, const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(253);
    for (const SeccompFilter& filter : filters) {
      sock_fprog program{filter.count, const_cast<sock_filter*>(filter.rules)};
      if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) ::_exit(254);
    }
    ::_exit(body());
  }
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid ? status : -1;
}

struct Call {
  const char* name;
  long number;
  int error;  // 0: the call succeeds.
  std::uint64_t arguments[6] = {};
};

// The error of one call under the filters; more than 1000: the signal that it died of.
int error_of(const Filters& filters, const Call& call) {
  const int status = under(filters, [&] {
    const auto& a = call.arguments;
    const long result = ::syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return result == -1 ? errno : 0;
  });
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Without the filter none of these is answered so: the arguments are wrong in another way.
const Call kDenied[] = {
    {"clone3", SYS_clone3, ENOSYS},
    {"setns", SYS_setns, EPERM, {kBad}},
    {"mount", SYS_mount, EPERM},
    {"umount2", SYS_umount2, EPERM},
    {"pivot_root", SYS_pivot_root, EPERM},
    {"chroot", SYS_chroot, EPERM},
    {"open_tree", SYS_open_tree, EPERM},
    {"open_tree_attr", 467, EPERM},
    {"move_mount", SYS_move_mount, EPERM},
    {"fsopen", SYS_fsopen, EPERM},
    {"fsconfig", SYS_fsconfig, EPERM, {kBad}},
    {"fsmount", SYS_fsmount, EPERM, {kBad}},
    {"fspick", SYS_fspick, EPERM},
    {"mount_setattr", SYS_mount_setattr, EPERM},
    {"ptrace", SYS_ptrace, EPERM, {PTRACE_TRACEME}},
    {"process_vm_readv", SYS_process_vm_readv, EPERM},
    {"process_vm_writev", SYS_process_vm_writev, EPERM},
    {"process_madvise", SYS_process_madvise, EPERM, {kBad}},
    {"kcmp", SYS_kcmp, EPERM},
    {"pidfd_getfd", SYS_pidfd_getfd, EPERM, {kBad}},
    {"io_uring_setup", SYS_io_uring_setup, ENOSYS},
    {"io_uring_enter", SYS_io_uring_enter, ENOSYS, {kBad}},
    {"io_uring_register", SYS_io_uring_register, ENOSYS, {kBad}},
    {"bpf", SYS_bpf, EPERM, {kBad}},
    {"perf_event_open", SYS_perf_event_open, EPERM},
    {"userfaultfd", SYS_userfaultfd, EPERM},
    {"add_key", SYS_add_key, EPERM},
    {"request_key", SYS_request_key, EPERM},
    {"keyctl", SYS_keyctl, EPERM},
    {"init_module", SYS_init_module, EPERM},
    {"finit_module", SYS_finit_module, EPERM, {kBad}},
    {"delete_module", SYS_delete_module, EPERM},
    {"kexec_load", SYS_kexec_load, EPERM, {0, kBad}},
    {"kexec_file_load", SYS_kexec_file_load, EPERM, {kBad, kBad}},
    {"reboot", SYS_reboot, EPERM},
    {"swapon", SYS_swapon, EPERM},
    {"swapoff", SYS_swapoff, EPERM},
    {"acct", SYS_acct, EPERM, {1}},
    {"quotactl", SYS_quotactl, EPERM},
    {"quotactl_fd", SYS_quotactl_fd, EPERM, {kBad}},
    {"syslog", SYS_syslog, EPERM},
    {"sethostname", SYS_sethostname, EPERM, {0, kBad}},
    {"setdomainname", SYS_setdomainname, EPERM, {0, kBad}},
    {"clock_settime", SYS_clock_settime, EPERM, {kBad}},
    {"settimeofday", SYS_settimeofday, EPERM},
    {"clock_adjtime", SYS_clock_adjtime, EPERM},
    {"adjtimex", SYS_adjtimex, EPERM},
    {"name_to_handle_at", SYS_name_to_handle_at, EPERM},
    {"open_by_handle_at", SYS_open_by_handle_at, EPERM, {kBad}},
    {"fanotify_init", SYS_fanotify_init, EPERM, {kBad}},
    {"fanotify_mark", SYS_fanotify_mark, EPERM, {kBad}},
    {"mbind", SYS_mbind, EPERM, {kBad}},
    {"set_mempolicy", SYS_set_mempolicy, EPERM, {kBad}},
    {"set_mempolicy_home_node", SYS_set_mempolicy_home_node, EPERM, {kBad}},
    {"move_pages", SYS_move_pages, EPERM, {0, 0, 0, 0, 0}},
    {"memfd_secret", SYS_memfd_secret, ENOSYS, {kBad}},
    {"cachestat", 451, ENOSYS, {kBad}},
#ifdef __x86_64__
    {"iopl", SYS_iopl, EPERM, {9}},
    {"ioperm", SYS_ioperm, EPERM, {kBad}},
    {"modify_ldt", SYS_modify_ldt, EPERM, {9}},
    {"lookup_dcookie", SYS_lookup_dcookie, EPERM},
    {"uselib", SYS_uselib, ENOSYS},
#endif
};

constexpr std::uint64_t kKey = 0x0123456789abcdef;

SeccompFilter keyed(const KeyedFilter& form, std::vector<sock_filter>& room) {
  room.resize(kMostRules);
  return with_key(form, kKey, room.data());
}

// As boxes have it.
std::vector<sock_filter> default_room;
std::vector<sock_filter> strict_room;
const Filters kDefault = {keyed(default_keyed_filter(), default_room)};
const Filters kStrict = {keyed(strict_keyed_filter(), strict_room)};

TEST(SystemCalls, AreDeniedInBothProfiles) {
  for (const Call& call : kDenied) {
    EXPECT_EQ(error_of({default_filter()}, call), call.error) << call.name << ", as a whole";
    EXPECT_EQ(error_of(kDefault, call), call.error) << call.name;
    EXPECT_EQ(error_of(kStrict, call), call.error) << call.name << ", strict";
  }
}

// What the files and processes of a life are made with, and nothing else. Arguments that the kernel
// refuses by themselves, with another error.
const Call kOfALife[] = {
    {"clone3",     SYS_clone3,     ENOSYS, {kBad, kBad}                     },
    {"unshare",    SYS_unshare,    EPERM,  {CLONE_NEWIPC | CLONE_SIGHAND}   },
    {"mount",      SYS_mount,      EPERM,  {kBad, kBad, kBad, MS_BIND, kBad}},
    {"move_mount", SYS_move_mount, EPERM,  {kBad, kBad, kBad, kBad, kBad}   },
    {"fsopen",     SYS_fsopen,     EPERM,  {kBad, kBad}                     },
    {"fsconfig",   SYS_fsconfig,   EPERM,  {kBad, kBad, kBad, kBad, kBad}   },
    {"fsmount",    SYS_fsmount,    EPERM,  {kBad, kBad, kBad}               },
    {"fspick",     SYS_fspick,     EPERM,  {kBad, kBad, kBad}               },
};

Call with(Call call, std::uint64_t key) {
  call.arguments[5] = key;
  return call;
}

TEST(SystemCalls, OfMakingALifeAreForWhoHasTheKey) {
  if (::geteuid() != 0) GTEST_SKIP() << "the kernel denies them to others as the filter does";
  for (const Call& call : kOfALife) {
    for (const Filters& filters : {kDefault, kStrict}) {
      EXPECT_NE(error_of(filters, with(call, kKey)), call.error) << call.name;
      EXPECT_EQ(error_of(filters, with(call, 0)), call.error) << call.name;
      for (int bit = 0; bit < 64; ++bit) {
        const std::uint64_t wrong = kKey ^ std::uint64_t{1} << bit;
        EXPECT_EQ(error_of(filters, with(call, wrong)), call.error) << call.name << ", bit " << bit;
      }
    }
  }
}

TEST(SystemCalls, TheKeyOpensNothingElse) {
  int opened = 0;
  for (const Call& call : kDenied) {
    if (error_of(kDefault, with(call, kKey)) != call.error) ++opened;
  }
  EXPECT_EQ(opened, 7) << "clone3, mount, move_mount, fsopen, fsconfig, fsmount, fspick";
}

// The form's own key is there for all to read.
TEST(SystemCalls, NoKeyIsLeftOfTheForm) {
  for (const KeyedFilter& form : {default_keyed_filter(), strict_keyed_filter()}) {
    const sock_filter* rules = form.form.rules;
    EXPECT_GE(form.places, 3);
    const std::uint32_t low = rules[form.low[0]].k;
    const std::uint32_t high = rules[form.high[0]].k;
    std::vector<sock_filter> room;
    const SeccompFilter filter = keyed(form, room);
    for (unsigned short i = 0; i < filter.count; ++i) {
      EXPECT_TRUE(filter.rules[i].k != low && filter.rules[i].k != high) << i;
    }
  }
}

TEST(SystemCalls, DecideByArgument) {
  const Call kCalls[] = {
      {"clone NEWUSER",     SYS_clone,       EPERM,        {CLONE_NEWUSER | SIGCHLD}         },
      {"clone NEWNET",      SYS_clone,       EPERM,        {CLONE_NEWNET | SIGCHLD}          },
      {"clone, none",       SYS_clone,       0,            {SIGCHLD}                         },
      {"unshare NEWUSER",   SYS_unshare,     EPERM,        {CLONE_NEWUSER}                   },
      {"unshare NEWTIME",   SYS_unshare,     EPERM,        {0x80}                            },
      {"unshare FILES",     SYS_unshare,     0,            {CLONE_FILES}                     },
      {"socket UNIX",       SYS_socket,      0,            {AF_UNIX, SOCK_STREAM}            },
      {"socket UNIX, high", SYS_socket,      0,            {AF_UNIX | kHighHalf, SOCK_STREAM}},
      {"socket INET",       SYS_socket,      EAFNOSUPPORT, {AF_INET, SOCK_STREAM}            },
      {"socket INET6",      SYS_socket,      EAFNOSUPPORT, {AF_INET6, SOCK_DGRAM}            },
      {"socket INET, high", SYS_socket,      EAFNOSUPPORT, {AF_INET | kHighHalf, SOCK_STREAM}},
      {"socket NETLINK",    SYS_socket,      EAFNOSUPPORT, {AF_NETLINK, SOCK_RAW}            },
      {"socket PACKET",     SYS_socket,      EAFNOSUPPORT, {AF_PACKET, SOCK_RAW}             },
      {"socket ALG",        SYS_socket,      EAFNOSUPPORT, {AF_ALG, SOCK_SEQPACKET}          },
      {"socket VSOCK",      SYS_socket,      EAFNOSUPPORT, {AF_VSOCK, SOCK_STREAM}           },
      {"socketpair INET",   SYS_socketpair,  EAFNOSUPPORT, {AF_INET, SOCK_STREAM}            },
      {"TIOCSTI",           SYS_ioctl,       EPERM,        {kBad, TIOCSTI}                   },
      {"TIOCSTI, high",     SYS_ioctl,       EPERM,        {kBad, TIOCSTI | kHighHalf}       },
      {"TIOCLINUX",         SYS_ioctl,       EPERM,        {kBad, TIOCLINUX}                 },
      {"TIOCGWINSZ",        SYS_ioctl,       EBADF,        {kBad, TIOCGWINSZ}                },
      {"asked",             SYS_personality, 0,            {0xffffffff}                      },
      {"asked with -1",     SYS_personality, 0,            {kBad}                            },
      {"the default",       SYS_personality, 0,            {0}                               },
      {"fixed addresses",   SYS_personality, 0,            {ADDR_NO_RANDOMIZE}               },
      {"READ_IMPLIES_EXEC", SYS_personality, EPERM,        {READ_IMPLIES_EXEC}               },
      {"both",              SYS_personality, EPERM,        {kBothFlags}                      },
      {"fsync of nothing",  SYS_fsync,       0,            {kBad}                            },
      {"fdatasync",         SYS_fdatasync,   0,            {kBad}                            },
      {"syncfs",            SYS_syncfs,      0,            {kBad}                            },
      {"msync SYNC",        SYS_msync,       0,            {4096, 4096, MS_SYNC}             },
      {"msync ASYNC",       SYS_msync,       ENOMEM,       {4096, 4096, MS_ASYNC}            },
  };
  for (const Call& call : kCalls) {
    EXPECT_EQ(error_of(kDefault, call), call.error) << call.name;
  }
}

TEST(SystemCalls, OnlyStrictDeniesLocksAndNotices) {
  const Call kCalls[] = {
      {"flock",        SYS_flock,         EBADF, {kBad, LOCK_SH}     },
      {"F_SETLK",      SYS_fcntl,         EBADF, {kBad, F_SETLK}     },
      {"F_SETLKW",     SYS_fcntl,         EBADF, {kBad, F_SETLKW}    },
      {"F_OFD_SETLK",  SYS_fcntl,         EBADF, {kBad, F_OFD_SETLK} },
      {"F_OFD_SETLKW", SYS_fcntl,         EBADF, {kBad, F_OFD_SETLKW}},
      {"F_SETLEASE",   SYS_fcntl,         EBADF, {kBad, F_SETLEASE}  },
      {"F_NOTIFY",     SYS_fcntl,         EBADF, {kBad, F_NOTIFY}    },
      {"inotify",      SYS_inotify_init1, 0,     {0}                 },
  };
  for (const Call& call : kCalls) {
    EXPECT_EQ(error_of(kDefault, call), call.error) << call.name;
    EXPECT_EQ(error_of(kStrict, call), EPERM) << call.name;
  }
  const Call get_flags{
      "F_GETFL", SYS_fcntl, EBADF, {kBad, F_GETFL}
  };
  EXPECT_EQ(error_of(kStrict, get_flags), EBADF);
}

#ifdef __x86_64__
TEST(SystemCalls, AnotherTableOfCallsKills) {
  const int status = under(kDefault, [] {
    long result = 20;  // getpid of the 32-bit table
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return 0;
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
  EXPECT_EQ(error_of(kDefault, {"x32", 0x40000000 | SYS_getpid, ENOSYS}), ENOSYS);
}
#endif

TEST(SystemCalls, CallsThatNobodyHasLookedAtDoNotExist) {
  const SeccompFilter filter = default_filter();
  const std::vector<sock_filter> program(filter.rules, filter.rules + filter.count);
  const std::uint32_t architecture = program[1].k;
  for (const std::uint32_t number : {470u, 1'000u, 0x40000000u, 0xffffffffu}) {
    EXPECT_EQ(interpret(program, architecture, number, {}), SECCOMP_RET_ERRNO | ENOSYS) << number;
  }
  EXPECT_EQ(interpret(program, architecture, 469, {}), SECCOMP_RET_ALLOW);
}

// What runtimes and the spawner need.
TEST(SystemCalls, OrdinaryProgramsWork) {
  for (const Filters& filters : {kDefault, kStrict, Filters{default_filter()}}) {
    const int status = under(filters, [] {
      int value = 0;
      std::thread([&] { value = 1; }).join();
      if (value != 1) return 1;
      const pid_t child = ::fork();
      if (child == 0) ::_exit(7);
      int ended = 0;
      if (::waitpid(child, &ended, 0) != child || WEXITSTATUS(ended) != 7) return 2;
      int pair[2];
      if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0) return 3;
      char letter = 'x';
      if (::send(pair[0], &letter, 1, 0) != 1 || ::recv(pair[1], &letter, 1, 0) != 1) return 4;
      if (::geteuid() == 0 && ::setresgid(65534, 65534, 65534) != 0) return 5;
      if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 6;
      char program[] = "/bin/sh";
      char option[] = "-c";
      char text[] = "test $(echo a | cat) = a && exit 9";
      char* const arguments[] = {program, option, text, nullptr};
      pid_t shell = 0;
      if (::posix_spawn(&shell, program, nullptr, nullptr, arguments, nullptr) != 0) return 8;
      if (::waitpid(shell, &ended, 0) != shell || WEXITSTATUS(ended) != 9) return 9;
      return 0;
    });
    EXPECT_EQ(status, 0) << "step " << WEXITSTATUS(status);
  }
}

std::string rules_text() {
  std::ifstream file(ENGINE_SOURCE_DIR "/src/sandbox/seccomp/rules.toml");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(FilterCompiler, AKeyTakesNoRuleAway) {
  for (const bool strict : {false, true}) {
    const Policy whole = read_policy(rules_text(), strict);
    const Policy keyed = read_policy(rules_text(), strict, kKey);
    EXPECT_EQ(keyed.calls, whole.calls);
    EXPECT_TRUE(whole.keyed.empty());
    EXPECT_EQ(keyed.keyed.size(), 8U);
  }
}

// A key that opens one of them would open both.
TEST(FilterCompiler, ACallIsOfALifeByAllOfItsRulesOrByNone) {
  const std::string rule = "[[deny]]\nwhy = 'x'\nanswer = 'EPERM'\ncalls = ['unshare']\n";
  const std::string first = "when = { argument = 0, bits = ['CLONE_NEWNS'] }\n";
  const std::string life = "life = true\n";
  const std::string head = "newest = 469\n";
  EXPECT_NO_THROW(read_policy(head + rule + first + life + rule + life, true, kKey));
  EXPECT_THROW(read_policy(head + rule + first + life + rule, true, kKey), std::runtime_error);
  EXPECT_THROW(read_policy(head + rule + first + rule + life, true, kKey), std::runtime_error);
}

TEST(FilterCompiler, AWrongProgramIsFound) {
  const Policy policy = read_policy(rules_text(), true, kKey);
  const std::vector<sock_filter> good = assemble(policy);
  EXPECT_NO_THROW(verify(policy, good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto broken = good;
    ++broken[at].k;
    EXPECT_THROW(verify(policy, broken), std::runtime_error) << "instruction " << at;
    if (BPF_CLASS(good[at].code) != BPF_JMP || good[at].jt == good[at].jf) continue;
    broken = good;
    std::swap(broken[at].jt, broken[at].jf);
    EXPECT_THROW(verify(policy, broken), std::runtime_error) << "jump " << at;
  }
}

TEST(FilterCompiler, RefusesRulesThatDoNotSayWhatTheyMean) {
  const std::string call = "newest = 469\n[[deny]]\nwhy = 'x'\nanswer = 'EPERM'\ncalls = ";
  ASSERT_NO_THROW(read_policy(call + "['mount']\n", true));
  struct Case {
    const char* name;
    std::string rules;
  };
  const Case kCases[] = {
      {"no_why",         "newest = 469\n[[deny]]\ncalls = ['mount']\nanswer = 'EPERM'\n"},
      {"no_calls",       "newest = 469\n[[deny]]\nwhy = 'x'\nanswer = 'EPERM'\n"        },
      {"unknown_answer",
       "newest = 469\n[[deny]]\ncalls = ['mount']\nwhy = 'x'\nanswer = 'EPERN'\n"       },
      {"unknown_call",   call + "['mouunt']\n"                                          },
      {"unknown_key",    call + "['mount']\nif = 1\n"                                   },
      {"unknown_bit",    call + "['clone']\nwhen = {argument = 0, bits = ['X']}\n"      },
      {"no_test",        call + "['clone']\nwhen = {argument = 0}\n"                    },
      {"no_argument",    call + "['clone']\nwhen = {argument = 6, is = [1]}\n"          },
      {"twice",          call + "['mount', 'mount']\n"                                  },
      {"no_newest",      "[[deny]]\ncalls = ['mount']\nanswer = 'EPERM'\nwhy = 'x'\n"   },
      {"nothing",        "newest = 469\n"                                               },
      {"no_toml",        "newest = \n"                                                  },
  };
  for (const Case& test : kCases) {
    EXPECT_THROW(read_policy(test.rules, true), std::runtime_error) << test.name;
  }
}

}  // namespace
}  // namespace engine::sandbox
