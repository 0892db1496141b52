package inside;

import java.util.logging.Level;

public class Main {
  public static void main(String[] args) {
    System.out.println(Level.INFO.getName());
  }
}
