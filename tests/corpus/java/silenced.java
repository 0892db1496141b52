public class Main {
  public static void main(String[] args) {
    Integer old = new Integer(5);
    System.out.println(old);
  }
}
