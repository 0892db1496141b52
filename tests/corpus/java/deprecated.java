public class Main {
  @Deprecated(forRemoval = true) static int old() { return 1; }
  static class User { int use() { return new Integer(5) + old(); } }
  public static void main(String[] args) {
    System.out.println(new User().use());
  }
}
