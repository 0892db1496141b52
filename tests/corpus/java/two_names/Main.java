public class Main {
  public static void main(String[] args) {
    System.out.println(Sub.NAME + new main().small());
  }
}

class main {
  int small() { return 1; }
}
