#include <iostream>
#include <string>

class Person {
  std::string name = "nobody";
};

int main() {
  Person p;
  std::cout << p.name << std::endl;
}
