public class Main {
  public static void main(String[] args) {
    switch (args.length) {
      case 0: System.out.println("zero");
      default: System.out.println("more");
    }
  }
}
