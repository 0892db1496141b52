import java.util.EnumMap;
import java.util.Map;

public class Main {
  enum Operation {
    PLUS("+") { @Override int apply(int a, int b) { return a + b; } },
    TIMES("*") { @Override int apply(int a, int b) { return a * b; } };
    final String sign;
    Operation(String sign) { this.sign = sign; }
    abstract int apply(int a, int b);
  }
  enum Colour { RED, GREEN, BLUE; Colour next() { return values()[(ordinal() + 1) % values().length]; } }

  static String describe(Colour colour) {
    switch (colour) {
      case RED: return "warm";
      case BLUE: return "cold";
      default: return "between";
    }
  }

  public static void main(String[] args) {
    Map<Colour, Integer> counts = new EnumMap<>(Colour.class);
    for (Colour colour : Colour.values()) counts.merge(colour.next(), colour.name().length(), Integer::sum);
    System.out.println(counts + describe(Colour.valueOf("GREEN")) + describe(Colour.RED));
    for (Operation operation : Operation.values()) System.out.println(operation.sign + operation.apply(3, 4));
  }
}
