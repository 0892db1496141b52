import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

public class Main {
  interface Visitor<R> { R visit(int value); default Visitor<R> self() { return this; } }

  static <A, B, C> Function<A, C> compose(Function<A, B> f, Function<B, C> g) { return a -> g.apply(f.apply(a)); }

  private final int offset = 3;
  IntStream shifted(int n) { return IntStream.range(0, n).map(i -> i + offset); }

  public static void main(String[] args) {
    Supplier<Supplier<String>> nested = () -> () -> "deep";
    UnaryOperator<Integer> twice = x -> { int y = x; return y * 2; };
    BinaryOperator<Integer> most = BinaryOperator.maxBy(Comparator.naturalOrder());
    Map<Boolean, List<Integer>> split = Stream.iterate(1, x -> x + 1).limit(10)
        .collect(Collectors.partitioningBy(x -> x % 2 == 0));
    Map<Integer, Long> lengths = Arrays.stream("the quick brown fox".split(" "))
        .collect(Collectors.groupingBy(String::length, Collectors.counting()));
    Function<String, Integer> parse = Integer::parseInt;
    Function<Integer, int[]> make = int[]::new;
    Visitor<String> visitor = value -> "v" + value;
    System.out.println(nested.get().get() + compose(parse, twice).apply("21") + most.apply(1, 2));
    System.out.println(split + " " + lengths + make.apply(4).length + visitor.self().visit(7));
    System.out.println(new Main().shifted(3).boxed().map(String::valueOf).collect(Collectors.joining(",", "[", "]")));
  }
}
