import static shapes.Tools.describe;
import static shapes.Tools.LIMIT;

import shapes.Circle;
import shapes.deep.*;

public class Main {
  public static void main(String[] args) {
    System.out.println(describe(new Circle(2)) + LIMIT + new Deep().reach());
    Helper.help();
  }
}
