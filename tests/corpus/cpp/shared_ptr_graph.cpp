#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

struct Task : std::enable_shared_from_this<Task> {
  std::string name;
  std::vector<std::weak_ptr<Task>> needs;
  bool done = false;
  explicit Task(std::string n) : name(std::move(n)) {}
  void run(const std::function<void(const std::string&)>& report) {
    if (done) return;
    for (auto& need : needs)
      if (auto task = need.lock()) task->run(report);
    done = true;
    report(name);
  }
};

int main() {
  std::unordered_map<std::string, std::shared_ptr<Task>> tasks;
  auto get = [&](const std::string& n) -> Task& {
    auto& slot = tasks[n];
    if (!slot) slot = std::make_shared<Task>(n);
    return *slot;
  };
  std::string what, needs;
  while (std::cin >> what >> needs) {
    Task& need = get(needs);
    get(what).needs.push_back(need.weak_from_this());
  }
  std::cout << tasks.size() << " tasks:";
  get("all").run([](const std::string& n) { std::cout << ' ' << n; });
  std::cout << '\n';
}
