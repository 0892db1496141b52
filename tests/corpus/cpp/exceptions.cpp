#include <bits/stdc++.h>
using namespace std;

struct Parse : runtime_error {
  size_t at;
  Parse(const string& what, size_t where) : runtime_error(what), at(where) {}
};

class Calculator {
 public:
  explicit Calculator(string text) : text_(move(text)) {}
  double run() {
    double v = sum();
    if (at_ != text_.size()) throw Parse("unexpected '" + string(1, text_[at_]) + "'", at_);
    return v;
  }

 private:
  double sum() {
    double v = product();
    while (at_ < text_.size() && strchr("+-", text_[at_])) v = text_[at_++] == '+' ? v + product() : v - product();
    return v;
  }
  double product() {
    double v = atom();
    while (at_ < text_.size() && strchr("*/", text_[at_])) {
      if (text_[at_++] == '*') { v *= atom(); continue; }
      double d = atom();
      if (d == 0) throw domain_error("division by zero");
      v /= d;
    }
    return v;
  }
  double atom() {
    if (at_ >= text_.size()) throw Parse("unexpected end", at_);
    if (text_[at_] == '(') {
      ++at_;
      double v = sum();
      if (at_ >= text_.size() || text_[at_] != ')') throw Parse("missing ')'", at_);
      ++at_;
      return v;
    }
    size_t used = 0;
    double v = stod(text_.substr(at_), &used);
    at_ += used;
    return v;
  }
  string text_;
  size_t at_ = 0;
};

int main() {
  for (string line; getline(cin, line);) {
    try {
      cout << line << " = " << Calculator(line).run() << '\n';
    } catch (const Parse& p) {
      cout << line << ": " << p.what() << " at " << p.at << '\n';
    } catch (const exception& e) {
      cout << line << ": " << e.what() << '\n';
    }
  }
}
