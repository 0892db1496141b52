public class Main {
  public static void main(String[] args) {
    int[] few = new int[2];
    System.out.println("before");
    few[args.length + 2] = 1;
  }
}
