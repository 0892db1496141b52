#include <iostream>
#include <queue>
#include <string>
#include <vector>
using namespace std;

int main() {
    int rows, cols;
    cin >> rows >> cols;
    vector<string> maze(rows);
    for (string& row : maze) cin >> row;
    vector<vector<int>> distance(rows, vector<int>(cols, -1));
    queue<pair<int, int>> next;
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < cols; c++)
            if (maze[r][c] == 'S') { next.push({r, c}); distance[r][c] = 0; }
    const int dr[] = {0, 0, 1, -1}, dc[] = {1, -1, 0, 0};
    while (!next.empty()) {
        auto [r, c] = next.front();
        next.pop();
        if (maze[r][c] == 'E') { cout << distance[r][c] << endl; return 0; }
        for (int d = 0; d < 4; d++) {
            int y = r + dr[d], x = c + dc[d];
            if (y < 0 || y >= rows || x < 0 || x >= cols || maze[y][x] == '#' || distance[y][x] != -1) continue;
            distance[y][x] = distance[r][c] + 1;
            next.push({y, x});
        }
    }
    cout << "no way" << endl;
}
