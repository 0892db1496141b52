#include "stack.h"

#include <iostream>
#include <string>

int main() {
  Stack<int> numbers;
  for (std::string token; std::cin >> token;) {
    if (token.size() == 1 && std::string("+-*").find(token[0]) != std::string::npos) {
      const int b = numbers.pop(), a = numbers.pop();
      numbers.push(apply(token[0], a, b));
    } else {
      numbers.push(std::stoi(token));
    }
  }
  std::cout << numbers.pop() << '\n';
}
