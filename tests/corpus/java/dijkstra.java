import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.StringTokenizer;

public class Main {
  private static final long FAR = Long.MAX_VALUE / 4;
  private record Edge(int to, long cost) {}

  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    StringTokenizer words = new StringTokenizer(in.readLine());
    int n = Integer.parseInt(words.nextToken());
    int m = Integer.parseInt(words.nextToken());
    List<List<Edge>> graph = new ArrayList<>(n);
    for (int i = 0; i < n; i++) graph.add(new ArrayList<>());
    for (int i = 0; i < m; i++) {
      words = new StringTokenizer(in.readLine());
      int a = Integer.parseInt(words.nextToken()) - 1, b = Integer.parseInt(words.nextToken()) - 1;
      long cost = Long.parseLong(words.nextToken());
      graph.get(a).add(new Edge(b, cost));
      graph.get(b).add(new Edge(a, cost));
    }
    long[] distance = new long[n];
    Arrays.fill(distance, FAR);
    int[] before = new int[n];
    PriorityQueue<long[]> queue = new PriorityQueue<>((x, y) -> Long.compare(x[0], y[0]));
    queue.add(new long[] {distance[0] = 0, 0});
    while (!queue.isEmpty()) {
      long[] top = queue.poll();
      int at = (int) top[1];
      if (top[0] != distance[at]) continue;
      for (Edge edge : graph.get(at)) {
        long next = top[0] + edge.cost();
        if (next >= distance[edge.to()]) continue;
        distance[edge.to()] = next;
        before[edge.to()] = at;
        queue.add(new long[] {next, edge.to()});
      }
    }
    PrintWriter out = new PrintWriter(System.out);
    ArrayDeque<Integer> path = new ArrayDeque<>();
    for (int at = n - 1; at != 0; at = before[at]) path.push(at + 1);
    path.push(1);
    out.println(distance[n - 1] + " " + path);
    out.flush();
  }
}
