#include <stdexcept>
#include "stack.h"

int apply(char op, int a, int b) {
  switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
  }
  throw std::invalid_argument("no such operator");
}
