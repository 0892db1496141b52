import java.util.List;
import java.util.Objects;

public class Main {
  record Point(int x, int y) implements Comparable<Point> {
    static final Point ORIGIN = new Point(0, 0);
    Point {
      if (x < 0) throw new IllegalArgumentException("x");
    }
    Point(int both) { this(both, both); }
    double far() { return Math.hypot(x, y); }
    @Override public int compareTo(Point other) { return Double.compare(far(), other.far()); }
  }
  record Pair<A, B>(A first, B second) {
    <C> Pair<A, C> with(C other) { return new Pair<>(first, other); }
  }
  record Empty() {}
  record Varied(byte b, long[] many, String... words) {}

  public static void main(String[] args) {
    Pair<Point, String> pair = new Pair<>(new Point(3, 4), "five");
    System.out.println(pair.with(List.of(1)) + " " + pair.first().far() + " " + new Empty());
    System.out.println(Objects.hash(new Point(2)) == Objects.hash(new Point(2, 2)));
    System.out.println(new Varied((byte) 1, new long[] {2}, "a", "b").words().length + Point.ORIGIN.compareTo(pair.first()));
  }
}
