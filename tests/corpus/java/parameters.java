public class Main {
  static int named(final int first, String second) { return first + second.length(); }
  public static void main(String[] args) throws Exception {
    var method = Main.class.getDeclaredMethod("named", int.class, String.class);
    System.out.println(method.getParameters()[0].getName());
  }
}
