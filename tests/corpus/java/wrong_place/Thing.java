package other;

public class Thing {
  @Override public String toString() { return "a thing in another package than its directory says"; }
}
