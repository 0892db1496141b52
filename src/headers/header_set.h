#pragma once

#include <string>
#include <vector>

namespace engine {

// Headers that are compiled ahead as one, for sources that begin with them. On a disk that is a
// directory with two files: what the compiler reads, named file() and ".gch", and beside it the
// text that it takes where it cannot use that, named file().
class HeaderSet {
 public:
  // For a source that begins with these, of which there is one at least. bits/stdc++.h has all of
  // the standard library, so that whatever follows it is not worth a set of its own.
  explicit HeaderSet(std::vector<std::string> leading);

  const std::vector<std::string>& headers() const { return headers_; }

  // True: it stands in the place of the header itself, in every source that begins with it. False:
  // it is put before a lone source, which then includes the same headers again; each is guarded
  // against that, or as good the second time as the first.
  bool is_in_place() const;

  std::string file() const;        // Below the set's directory.
  std::string text() const;        // Of file().
  std::string to_compile() const;  // The text that the compiled form is made of.

  // What the compiler is given beside its other options. `directory` is where it sees the set.
  std::vector<std::string> arguments(const std::string& directory) const;

 private:
  std::vector<std::string> headers_;
};

}  // namespace engine
