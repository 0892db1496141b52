#include <bits/stdc++.h>
using namespace std;

template <typename T>
concept Shape = requires(const T& s) {
  { s.area() } -> convertible_to<double>;
  { T::kName } -> convertible_to<string_view>;
};

struct Circle { static constexpr string_view kName = "circle"; double r; double area() const { return numbers::pi * r * r; } };
struct Square { static constexpr string_view kName = "square"; double a; double area() const { return a * a; } };
struct Nothing {};
static_assert(Shape<Circle> && Shape<Square> && !Shape<Nothing>);

template <Shape... S>
double total(const S&... s) { return (0.0 + ... + s.area()); }

template <typename... S>
string describe(const variant<S...>& v) {
  return visit([](const auto& s) { ostringstream out; out << s.kName << '(' << fixed << setprecision(2) << s.area() << ')'; return out.str(); }, v);
}

template <size_t N>
struct Label { char text[N]; consteval Label(const char (&t)[N]) { copy_n(t, N, text); } };
template <Label L>
string tagged(int v) { return string(L.text) + "=" + to_string(v); }

int main() {
  vector<variant<Circle, Square>> shapes{Circle{1}, Square{2}, Circle{0.5}};
  for (auto& s : shapes) cout << describe(s) << '\n';
  cout << total(Circle{1}, Square{3}) << ' ' << total() << '\n' << tagged<"answer">(42) << '\n';
}
