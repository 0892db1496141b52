#include <iomanip>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

class Account {
 public:
  Account(std::string owner, double balance) : owner_(std::move(owner)), balance_(balance) {}
  virtual ~Account() = default;
  virtual void month_end() = 0;
  void withdraw(double amount) {
    if (amount > balance_) throw std::invalid_argument(owner_ + " has only " + std::to_string(balance_));
    balance_ -= amount;
  }
  const std::string& owner() const { return owner_; }
  double balance() const { return balance_; }

 protected:
  void add(double amount) { balance_ += amount; }

 private:
  std::string owner_;
  double balance_;
};

class Savings final : public Account {
 public:
  using Account::Account;
  void month_end() override { add(balance() * 0.01); }
};

class Checking final : public Account {
 public:
  using Account::Account;
  void month_end() override { add(-2.5); }
};

int main() {
  std::vector<std::unique_ptr<Account>> accounts;
  accounts.push_back(std::make_unique<Savings>("Ann", 1000));
  accounts.push_back(std::make_unique<Checking>("Bob", 50));
  for (int month = 0; month < 3; ++month)
    for (auto& a : accounts) a->month_end();
  for (const auto& a : accounts)
    std::cout << std::setw(6) << std::left << a->owner() << std::fixed << std::setprecision(2) << a->balance() << "\n";
  try {
    accounts[1]->withdraw(100);
  } catch (const std::exception& e) {
    std::cout << e.what() << "\n";
  }
}
