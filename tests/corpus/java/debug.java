public class Main {
  public static void main(String[] args) {
    int local = args.length;
    for (int i = 0; i < 3; i++) { String inner = "x" + i; local += inner.length(); }
    System.out.println(local);
  }
}
