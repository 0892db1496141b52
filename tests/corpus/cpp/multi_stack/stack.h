#pragma once
#include <stdexcept>
#include <vector>

template <typename T>
class Stack {
 public:
  void push(T v) { items_.push_back(v); }
  T pop() {
    if (items_.empty()) throw std::underflow_error("nothing to pop");
    T v = items_.back();
    items_.pop_back();
    return v;
  }

 private:
  std::vector<T> items_;
};

int apply(char op, int a, int b);
