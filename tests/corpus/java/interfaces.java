import java.util.concurrent.Callable;
import java.util.function.IntFunction;

interface Greeter {
  String PREFIX = "Hello, ";
  String name();
  default String greet() { return PREFIX + decorate(name()); }
  private String decorate(String text) { return "<" + text + ">"; }
  static Greeter of(String name) { return () -> name; }
}

interface Loud extends Greeter {
  @Override default String greet() { return Greeter.super.greet().toUpperCase(); }
}

abstract class Base implements Loud, Callable<Integer> {
  protected static int made;
  static { made = 10; }
  { made++; }
  @Override public abstract Integer call();
}

public class Main extends Base {
  @Override public String name() { return "main"; }
  @Override public Integer call() { return made; }
  native int unused();
  double exact(double a) { return a / 3; }
  transient volatile int seen;
  public static void main(String... args) throws Exception {
    Main main = new Main();
    System.out.println(main.greet() + Greeter.of("x").greet() + main.call() + main.exact(1));
    IntFunction<int[][]> make = int[][]::new;
    System.out.println(make.apply(2).length);
  }
}
