import java.io.Closeable;
import java.io.IOException;

public class Main {
  static class Odd extends Exception {
    Odd(String text, Throwable cause) { super(text, cause); }
  }
  static class Door implements Closeable {
    final String name;
    Door(String name) { this.name = name; System.out.println("open " + name); }
    @Override public void close() throws IOException { System.out.println("close " + name); if (name.equals("b")) throw new IOException(name); }
  }
  static int tricky() { try { return 1; } finally { System.out.println("finally"); } }
  static int nested(int depth) throws Odd {
    try {
      if (depth == 0) throw new ArithmeticException();
      return nested(depth - 1) + 1;
    } catch (ArithmeticException | NullPointerException failure) {
      throw new Odd("at " + depth, failure);
    } finally {
      depth++;
    }
  }
  public static void main(String[] args) {
    try (Door a = new Door("a"); Door b = new Door("b")) {
      System.out.println(a.name + b.name + tricky());
    } catch (IOException failure) {
      System.out.println("caught " + failure.getMessage());
    }
    try { nested(3); } catch (Odd odd) { System.out.println(odd.getMessage() + odd.getCause()); }
    label: for (;;) { synchronized (Main.class) { do { if (tricky() == 1) break label; } while (true); } }
    assert args.length > 5 : "assertions are off";
  }
}
