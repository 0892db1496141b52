import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

public class Main {
  static abstract class Shape<S extends Shape<S>> implements Comparable<S> {
    abstract double area();
    @Override public int compareTo(S other) { return Double.compare(area(), other.area()); }
  }
  static final class Square extends Shape<Square> {
    final double side;
    Square(double side) { this.side = side; }
    @Override double area() { return side * side; }
    @Override public String toString() { return "[" + side + "]"; }
  }
  static <T extends Object & Comparable<? super T>> T most(Collection<? extends T> all) { return Collections.max(all); }
  static <E extends Exception> void sneak(Exception failure) throws E { @SuppressWarnings("unchecked") E e = (E) failure; throw e; }
  @SafeVarargs static <T> List<T> listOf(T... all) { List<T> list = new ArrayList<>(); Collections.addAll(list, all); return list; }
  static double sum(List<? extends Number> numbers) { double sum = 0; for (Number one : numbers) sum += one.doubleValue(); return sum; }
  static void fill(List<? super Integer> into) { for (int i = 0; i < 3; i++) into.add(i); }

  public static void main(String[] args) {
    List<Square> squares = listOf(new Square(1), new Square(3), new Square(2));
    squares.sort(Comparator.<Square>naturalOrder().reversed().thenComparing(s -> s.side));
    System.out.println(most(squares) + "" + squares);
    List<Number> numbers = new ArrayList<>(List.of(1.5));
    fill(numbers);
    System.out.println(sum(numbers));
    try { Main.<RuntimeException>sneak(new java.io.IOException("sneaked")); } catch (Exception e) { System.out.println(e.getMessage()); }
  }
}
