public class Main {
  sealed interface Shape permits Circle, Square, Line {}
  record Circle(double radius) implements Shape {}
  record Square(double side) implements Shape {}
  static final class Line implements Shape {}

  static double area(Shape shape) {
    if (shape instanceof Circle circle && circle.radius() > 0) return 3 * circle.radius() * circle.radius();
    if (!(shape instanceof Square square)) return 0;
    return square.side() * square.side();
  }
  static int days(int month) {
    return switch (month) {
      case 2 -> 28;
      case 4, 6, 9, 11 -> 30;
      default -> {
        int days = 30;
        yield days + 1;
      }
    };
  }
  static String word(String text) {
    return switch (text) { case "Aa", "BB" -> "collides"; case "" -> "empty"; default -> text.toUpperCase(); };
  }
  static int old(char c) { switch (c) { case 'a': case 'b': return 1; case 'z': break; default: return 2; } return 3; }

  public static void main(String[] args) {
    System.out.println(area(new Circle(2)) + area(new Square(3)) + area(new Line()));
    System.out.println(days(2) + days(6) + days(7) + word("BB") + word("") + word("x") + old('a') + old('z') + old('q'));
  }
}
