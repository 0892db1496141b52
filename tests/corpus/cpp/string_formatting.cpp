#include <bits/stdc++.h>
using namespace std;

int main() {
  cout << boolalpha << true << ' ' << hex << showbase << 255 << ' ' << oct << 8 << dec << '\n';
  cout << setw(8) << left << "left" << '|' << setw(8) << right << "right" << '|' << setfill('*') << setw(8) << internal << -42 << '\n';
  cout << scientific << setprecision(3) << 12345.678 << ' ' << defaultfloat << 0.1 + 0.2 << ' ' << hexfloat << 1.0 << '\n';
  printf("%5d|%-5d|%05d|%+d|%x|%e|%g|%s|%c|%%\n", 42, 42, 42, 42, 42, 1.5, 1e-10, "text", 'c');
  istringstream in("12 abc 3.5 0x1f");
  int a; string b; double c; int d;
  in >> a >> b >> c >> hex >> d;
  cout << a << b << defaultfloat << c << dec << noshowbase << d << '\n';
  cout << quoted("say \"hi\"") << ' ' << put_money(12345) << '\n';
  char buffer[16];
  auto [end, ec] = to_chars(buffer, buffer + 16, 3.14159);
  cout << string_view(buffer, end - buffer) << ' ' << stoi("077", nullptr, 0) << ' ' << stoll("-9000000000") << '\n';
}
